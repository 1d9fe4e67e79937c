import { DatabaseError } from 'pg'
import type { ErrorPlace } from '../../../codec/coded-error.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { poolerRefusal, tlsRefusals, unknownAuthentication } from '../../connection-refusals.ts'
import { errorCode } from '../error-code.ts'

interface Meaning {
  readonly retryable: boolean
  /** In words of ours; without them PostgreSQL's message, where it is known to hold no data. */
  readonly said?: string
  readonly remedy: string
}

const again = 'Claimcheck tries again by itself; if it persists, look at the server and its log.'

/** By the beginning of the SQLSTATE; the first that fits. */
const meanings: readonly (readonly [RegExp, Meaning])[] = [
  [
    /^(28|3D)/,
    {
      retryable: false,
      said: 'PostgreSQL refuses the user, the password or the database',
      remedy: 'Correct `source.url` and what it refers to, or the pg_hba.conf of the server.',
    },
  ],
  [/^42501/, { retryable: false, remedy: 'Grant the role SELECT, or use another role.' }],
  [
    /^42601/,
    {
      retryable: false,
      said: 'PostgreSQL cannot read the query',
      remedy: 'Correct `source.query` of the pipeline file; try it in psql.',
    },
  ],
  [/^(42|3F|0A|55000)/, { retryable: false, remedy: 'Correct the source of the pipeline file.' }],
  [
    /^25006/,
    {
      retryable: false,
      said: 'the query writes, and sources are read in a read-only transaction',
      remedy: 'Have it read only.',
    },
  ],
  [
    /^22021/,
    {
      retryable: false,
      said: 'the database holds text that is not in its encoding, or that UTF-8 has not',
      remedy: 'Correct that text, or select the column in another form: encode(…), say.',
    },
  ],
  [/^(08|25|40|53|55|57)/, { retryable: true, remedy: again }],
  [/^(58|XX)/, { retryable: true, said: 'PostgreSQL is in trouble itself', remedy: again }],
]

const otherwise: Meaning = {
  retryable: false,
  said: 'PostgreSQL fails at what it is asked to read',
  remedy: 'Look up the SQLSTATE, and the log of the server: values may stand in it.',
}

/**
 * The pipeline's error for one that `pg` threw. PostgreSQL's words are passed on only where they name
 * nothing but objects of the schema; the original is no cause of it, since it may hold values.
 *
 * @param line Of `source.query`, where the error has one.
 */
export function toSourceError(error: unknown, at: ErrorPlace, line?: number): PipelineError {
  if (error instanceof PipelineError) return error
  if (error instanceof DatabaseError) return fromDatabase(error, at, line)
  const code = errorCode(error) ?? ''
  const message = error instanceof Error ? error.message : ''
  if (tlsRefusals.test(code)) {
    return refused(`the certificate of the server is not accepted (${code})`, at, {
      remedy: 'Name its authority by `sslrootcert` in the URL, and the host as it is certified.',
    })
  }
  if (/SSL/.test(message) && code === '') {
    return refused('the server does not do TLS', at, {
      remedy: 'Take `sslmode` out of the URL, or have the server do TLS.',
    })
  }
  if (message.startsWith('SASL')) {
    return refused('PostgreSQL asks for a password, and the one there is cannot be used', at, {
      remedy: 'Put user and password into `source.url`, as references.',
    })
  }
  if (unknownAuthentication.thrown.test(message)) {
    return refused(unknownAuthentication.said, at, unknownAuthentication)
  }
  const why = code === '' ? lossReason(message) : code
  return new PipelineError('SOURCE_UNREACHABLE', `PostgreSQL cannot be reached (${why})`, {
    at,
    remedy: 'Check that PostgreSQL runs and accepts connections at the address of `source.url`.',
    retryable: true,
  })
}

function fromDatabase(
  error: DatabaseError,
  at: ErrorPlace,
  line: number | undefined,
): PipelineError {
  const sqlState = error.code ?? 'XX000'
  const refusal = poolerRefusal(sqlState, error.message)
  if (refusal !== undefined) {
    return refused(error.message, { ...at, sqlState }, { remedy: refusal.remedy('`source.url`') })
  }
  const [, meaning] = meanings.find(([states]) => states.test(sqlState)) ?? [/^/, otherwise]
  const { said = error.message, remedy, retryable } = meaning
  return new PipelineError(retryable ? 'SOURCE_UNREACHABLE' : 'SOURCE_REFUSED', said, {
    at: { ...at, sqlState, ...(line === undefined ? {} : { line }) },
    remedy,
    retryable,
  })
}

function refused(what: string, at: ErrorPlace, { remedy }: { remedy: string }): PipelineError {
  return new PipelineError('SOURCE_REFUSED', what, { at, remedy })
}

function lossReason(message: string): string {
  return message.startsWith('timeout') ? 'no connection in time' : 'the connection is gone'
}
