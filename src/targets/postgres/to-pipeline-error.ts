import { DatabaseError } from 'pg'
import type { ErrorPlace } from '../../../codec/coded-error.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { sqlStateMeaning } from './sql-state.ts'

/** Messages of `pg` itself for a connection that is gone or never came; they have no code. */
const CONNECTION_LOST =
  /^(Connection terminated|timeout e|Client has encountered|The server does not support SSL|There was an error establishing an SSL)/
/** Messages of `pg` itself about a password that is missing or of the wrong kind. */
const PASSWORD_UNUSABLE = /^SASL: /

/**
 * The pipeline's error for one that `pg` threw. What may hold row values (PostgreSQL's `detail`,
 * `where`, `query`, and its message where values could stand in it) is left out, and so the
 * original is not chained as a cause: causes are written into histories and logs.
 */
export function toPipelineError(error: unknown, at: ErrorPlace): PipelineError {
  if (error instanceof PipelineError) return error
  if (error instanceof DatabaseError) return fromDatabase(error, at)
  const socket = socketCode(error)
  const message = error instanceof Error ? error.message : ''
  if (PASSWORD_UNUSABLE.test(message)) {
    return new PipelineError('TARGET_DENIED', `PostgreSQL asks for a password: ${message}`, {
      remedy: 'Put user and password into the target URL.',
      at,
    })
  }
  if (socket !== undefined || CONNECTION_LOST.test(message)) {
    const said = message === '' ? (socket ?? 'no answer') : message
    return new PipelineError('TARGET_UNREACHABLE', `PostgreSQL cannot be reached: ${said}`, {
      remedy: 'Check that PostgreSQL runs and accepts connections at this address.',
      retryable: true,
      at,
    })
  }
  return new PipelineError('TARGET_FAILED', 'Writing to PostgreSQL failed in the client', {
    remedy: 'This is a fault in Claimcheck: report it with the cause.',
    at,
    cause: error,
  })
}

function fromDatabase(error: DatabaseError, at: ErrorPlace): PipelineError {
  const sqlState = error.code ?? 'XX000'
  const meaning = sqlStateMeaning(sqlState)
  const named = Object.entries({
    schema: error.schema,
    table: error.table,
    column: error.column,
    constraint: error.constraint,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const said = meaning.quotable ? error.message : 'PostgreSQL refused the rows or the statement'
  return new PipelineError(meaning.code, said, {
    remedy: meaning.remedy,
    retryable: meaning.retryable,
    at: { ...at, sqlState, ...Object.fromEntries(named) },
  })
}

/** ECONNREFUSED and its like; the first of several where a name has several addresses. */
function socketCode(error: unknown): string | undefined {
  if (error instanceof AggregateError) return socketCode(error.errors[0])
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' &&
    /^(E[A-Z]+|ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED)/.test(code)
    ? code
    : undefined
}
