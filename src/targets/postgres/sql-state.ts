import type { PipelineErrorCode } from '../../../activities/pipeline-error.ts'

/** What a SQLSTATE means for a load. */
export interface SqlStateMeaning {
  readonly code: PipelineErrorCode
  readonly retryable: boolean
  readonly remedy: string
  /**
   * What happened, in words of ours; without them the server's own message is passed on, as far as it is
   * known to name nothing but objects. Messages about values (classes 22 and 23) may quote data.
   */
  readonly said?: string
}

const RETRY = 'Claimcheck tries again by itself; if it persists, look at the server and its log.'

const DENIED: SqlStateMeaning = {
  code: 'TARGET_DENIED',
  retryable: false,
  remedy: 'Correct the user, password or database in the target URL, or the server’s pg_hba.conf.',
}

const REFUSED_VALUES: SqlStateMeaning = {
  code: 'TARGET_MISMATCH',
  retryable: false,
  remedy: 'Compare the declared columns with the table’s types, constraints and triggers.',
  said: 'PostgreSQL refused the rows or the statement',
}

const NO_REFERRED_ROW: SqlStateMeaning = {
  ...REFUSED_VALUES,
  said: 'A foreign key would refer to rows that are not there; nothing was loaded',
  remedy:
    'Load what is referred to first, and take away what refers first; or give the foreign key ON DELETE CASCADE or SET NULL.',
}

const TOO_LARGE: SqlStateMeaning = {
  code: 'TARGET_MISMATCH',
  retryable: false,
  remedy:
    'Choose a shorter key, fewer columns or another index: PostgreSQL holds no more than this.',
}

const OUT_OF_STEP: SqlStateMeaning = {
  code: 'TARGET_MISMATCH',
  retryable: false,
  remedy: 'Compare the declared columns with the table; something changed it meanwhile.',
}

const UNREACHABLE: SqlStateMeaning = {
  code: 'TARGET_UNREACHABLE',
  retryable: true,
  remedy: 'Check that PostgreSQL runs and accepts connections at this address.',
}

const ENDED: SqlStateMeaning = {
  code: 'TARGET_FAILED',
  retryable: true,
  remedy: RETRY,
}

const BUSY: SqlStateMeaning = {
  code: 'TARGET_BUSY',
  retryable: true,
  remedy: 'Claimcheck tries again by itself; if it persists, end what holds the table.',
}

const EXHAUSTED: SqlStateMeaning = {
  code: 'TARGET_FAILED',
  retryable: true,
  remedy: 'Give the database server more of what it lacks: disk, memory or a higher limit.',
}

const NOT_WRITABLE: SqlStateMeaning = {
  code: 'TARGET_NOT_WRITABLE',
  retryable: false,
  remedy: 'Grant the role what it lacks, or use another role in the target URL.',
}

const UNKNOWN: SqlStateMeaning = {
  code: 'TARGET_FAILED',
  retryable: false,
  remedy: 'Look up the SQLSTATE and the server’s log.',
  said: 'PostgreSQL refused the rows or the statement',
}

const BY_STATE: Readonly<Record<string, SqlStateMeaning>> = {
  // RESTRICT has its own from version 18 on.
  '23001': NO_REFERRED_ROW,
  '23502': {
    ...REFUSED_VALUES,
    said: 'A row has no value for a column that takes no NULL; nothing was loaded',
    remedy: 'Let the source or a `default` fill the column, or let the table take NULL there.',
  },
  '23503': NO_REFERRED_ROW,
  '23505': {
    ...REFUSED_VALUES,
    said: 'Two rows would have the same values in a unique index; nothing was loaded',
    remedy:
      'Look at the index that is named. Rows that swap values need a constraint that is DEFERRABLE INITIALLY DEFERRED.',
  },
  '23514': {
    ...REFUSED_VALUES,
    said: 'A check refuses a row, or no partition of the table takes it; nothing was loaded',
    remedy:
      'Look at the constraint that is named; where none is, make a partition for the rows, or a default one.',
  },
  '23P01': {
    ...REFUSED_VALUES,
    said: 'An exclusion constraint refuses a row beside another; nothing was loaded',
    remedy:
      'Look at the constraint that is named. Rows that change places need one that is DEFERRABLE INITIALLY DEFERRED.',
  },
  '25006': {
    ...NOT_WRITABLE,
    // After a failover the name may point to the new primary in a moment.
    retryable: true,
    remedy: 'The server or session is read-only: point the target URL at the primary.',
  },
  '27000': {
    ...OUT_OF_STEP,
    remedy: 'A BEFORE trigger writes the row that it is called for: let it change NEW instead.',
  },
  '3D000': DENIED,
  '3F000': { ...NOT_WRITABLE, remedy: 'Create the schema, or correct its name.' },
  '42501': NOT_WRITABLE,
  '42P01': { ...OUT_OF_STEP, code: 'TARGET_FAILED', retryable: true, remedy: RETRY },
  // Somebody else made it between our look and our CREATE; the next attempt finds it.
  '42P07': { ...BUSY, remedy: RETRY },
  '53300': { ...BUSY, remedy: 'Raise max_connections, or lower what Claimcheck may open.' },
  '53400': {
    ...EXHAUSTED,
    retryable: false,
    remedy: 'Raise the limit that is named (`temp_file_limit`, say) for the role or the server.',
  },
  // Mostly a table whose changes are published, and whose rows a subscriber could not tell apart.
  '55000': {
    ...OUT_OF_STEP,
    remedy:
      'Where it says replica identity, give the table a primary key, or ALTER TABLE … REPLICA IDENTITY FULL.',
  },
  '55P03': BUSY,
  '57P03': UNREACHABLE,
}

const BY_CLASS: Readonly<Record<string, SqlStateMeaning>> = {
  '08': UNREACHABLE,
  '0A': {
    ...OUT_OF_STEP,
    remedy: 'The table is of a kind, or has rules, that PostgreSQL does not do this with.',
  },
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
