import { DatabaseError } from 'pg'
import type { ErrorPlace } from '../../../codec/coded-error.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { poolerRefusal, tlsRefusals, unknownAuthentication } from '../../connection-refusals.ts'
import { type SqlStateMeaning, sqlStateMeaning } from './sql-state.ts'

/** Messages of `pg` itself for a connection that is gone or never came; they have no code. */
const CONNECTION_LOST =
  /^(Connection terminated|timeout e|Client has encountered|There was an error establishing an SSL)/
/** Of `pg` itself, too, where a server does no TLS. */
const TLS_UNKNOWN = /^The server does not support SSL/
/** Messages of `pg` itself about a password that is missing or of the wrong kind. */
const PASSWORD_UNUSABLE = /^SASL: /

/** Of a function, a trigger's too, in whatever language the server speaks; no address under `.pl` that JSON has. */
const IN_FUNCTION = /\bPL\//

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
  if (unknownAuthentication.thrown.test(message)) {
    const { said, remedy } = unknownAuthentication
    return new PipelineError('TARGET_DENIED', said, { remedy, at })
  }
  const told = socket ?? message
  if (tlsRefusals.test(told) || TLS_UNKNOWN.test(told)) {
    return new PipelineError('TARGET_DENIED', `TLS fails: ${message === '' ? socket : message}`, {
      remedy:
        'Name the authority by `sslrootcert` and the host as it is certified; or have the server do TLS, or take `sslmode` out of the URL.',
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
  const meaning = meaningOf(sqlState, error)
  const named = Object.entries({
    schema: error.schema,
    table: error.table,
    column: error.column,
    constraint: error.constraint,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new PipelineError(meaning.code, meaning.said ?? error.message, {
    remedy: meaning.remedy,
    retryable: meaning.retryable,
    at: { ...at, sqlState, ...Object.fromEntries(named) },
  })
}

function meaningOf(
  sqlState: string,
  { message, severity, where = '', routine }: DatabaseError,
): SqlStateMeaning {
  // The database takes no connections now: another matter than a statement that lacks something.
  if (sqlState === '55000' && severity === 'FATAL') return sqlStateMeaning('57P03')
  const refusal = poolerRefusal(sqlState, message)
  if (refusal !== undefined) {
    const code = refusal.kind === 'pool-mode' ? 'TARGET_MISMATCH' : 'TARGET_DENIED'
    return { code, retryable: false, remedy: refusal.remedy('the target URL') }
  }
  const meaning = sqlStateMeaning(sqlState)
  // Which table the function may not write is worth knowing.
  if (!IN_FUNCTION.test(where) || routine === 'aclcheck_error') return meaning
  return {
    ...meaning,
    // It may say what it likes under any SQLSTATE, and no other load makes what it lacks.
    said: 'A function of the database failed, that of a trigger perhaps; nothing was loaded',
    retryable: meaning.retryable && !sqlState.startsWith('42'),
    remedy: 'Look for its words in the server’s log, and at the triggers of the table.',
  }
}

/** ECONNREFUSED and its like; the first of several where a name has several addresses. */
function socketCode(error: unknown): string | undefined {
  if (error instanceof AggregateError) return socketCode(error.errors[0])
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && (/^E[A-Z]+/.test(code) || tlsRefusals.test(code))
    ? code
    : undefined
}
