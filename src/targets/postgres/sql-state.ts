import type { PipelineErrorCode } from '../../../activities/pipeline-error.ts'

/** What a SQLSTATE means for a load. */
export interface SqlStateMeaning {
  readonly code: PipelineErrorCode
  readonly retryable: boolean
  readonly remedy: string
  /**
   * Whether the server's own message may be passed on. Messages about values (classes 22 and 23,
   * errors raised by triggers) may quote data, so only classes known not to are allowed.
   */
  readonly quotable: boolean
}

const RETRY = 'Claimcheck tries again by itself; if it persists, look at the server and its log.'

const DENIED: SqlStateMeaning = {
  code: 'TARGET_DENIED',
  retryable: false,
  remedy: 'Correct the user, password or database in the target URL, or the server’s pg_hba.conf.',
  quotable: true,
}

const REFUSED_VALUES: SqlStateMeaning = {
  code: 'TARGET_MISMATCH',
  retryable: false,
  remedy: 'Compare the declared columns with the table’s types, constraints and triggers.',
  quotable: false,
}

const TOO_LARGE: SqlStateMeaning = {
  code: 'TARGET_MISMATCH',
  retryable: false,
  remedy:
    'Choose a shorter key, fewer columns or another index: PostgreSQL holds no more than this.',
  quotable: true,
}

const OUT_OF_STEP: SqlStateMeaning = {
  code: 'TARGET_MISMATCH',
  retryable: false,
  remedy: 'Compare the declared columns with the table; something changed it meanwhile.',
  quotable: true,
}

const UNREACHABLE: SqlStateMeaning = {
  code: 'TARGET_UNREACHABLE',
  retryable: true,
  remedy: 'Check that PostgreSQL runs and accepts connections at this address.',
  quotable: true,
}

const ENDED: SqlStateMeaning = {
  code: 'TARGET_FAILED',
  retryable: true,
  remedy: RETRY,
  quotable: true,
}

const BUSY: SqlStateMeaning = {
  code: 'TARGET_BUSY',
  retryable: true,
  remedy: 'Claimcheck tries again by itself; if it persists, end what holds the table.',
  quotable: true,
}

const EXHAUSTED: SqlStateMeaning = {
  code: 'TARGET_FAILED',
  retryable: true,
  remedy: 'Give the database server more of what it lacks: disk, memory or a higher limit.',
  quotable: true,
}

const NOT_WRITABLE: SqlStateMeaning = {
  code: 'TARGET_NOT_WRITABLE',
  retryable: false,
  remedy: 'Grant the role what it lacks, or use another role in the target URL.',
  quotable: true,
}

const UNKNOWN: SqlStateMeaning = {
  code: 'TARGET_FAILED',
  retryable: false,
  remedy: 'Look up the SQLSTATE and the server’s log.',
  quotable: false,
}

const BY_STATE: Readonly<Record<string, SqlStateMeaning>> = {
  '25006': {
    ...NOT_WRITABLE,
    // After a failover the name may point to the new primary in a moment.
    retryable: true,
    remedy: 'The server or session is read-only: point the target URL at the primary.',
  },
  '3D000': DENIED,
  '3F000': { ...NOT_WRITABLE, remedy: 'Create the schema, or correct its name.' },
  '42501': NOT_WRITABLE,
  '42P01': { ...OUT_OF_STEP, code: 'TARGET_FAILED', retryable: true, remedy: RETRY },
  // Somebody else made it between our look and our CREATE; the next attempt finds it.
  '42P07': { ...BUSY, remedy: RETRY },
  '53300': { ...BUSY, remedy: 'Raise max_connections, or lower what Claimcheck may open.' },
  '55P03': BUSY,
  '57P03': UNREACHABLE,
}

const BY_CLASS: Readonly<Record<string, SqlStateMeaning>> = {
  '08': UNREACHABLE,
  '22': REFUSED_VALUES,
  '23': REFUSED_VALUES,
  '25': ENDED,
  '28': DENIED,
  '40': BUSY,
  '42': OUT_OF_STEP,
  '53': EXHAUSTED,
  '54': TOO_LARGE,
  '55': ENDED,
  '57': ENDED,
  '58': EXHAUSTED,
  XX: { ...UNKNOWN, retryable: true },
}

/** Reads a five-character SQLSTATE, first by itself, then by its class. */
export function sqlStateMeaning(sqlState: string): SqlStateMeaning {
  return BY_STATE[sqlState] ?? BY_CLASS[sqlState.slice(0, 2)] ?? UNKNOWN
}
