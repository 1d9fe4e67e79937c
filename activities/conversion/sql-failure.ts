import { memoryLimitIn, temporaryLimit } from './memory-failure.ts'
import { PipelineError, type PipelineErrorCode } from '../pipeline-error.ts'

/** The kinds of error that values make; the others are a defect of ours, or of this machine. */
const failedOnValue =
  /^(Conversion|Invalid Input|Out of Range|Invalid type|Mismatch Type|Not implemented) Error: /

/** What DuckDB says of SQL before it has seen data: it may be shown. */
export function bindMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  // What follows shows the SQL.
  const [said = ''] = message.split('\n\n', 1)
  return said.replaceAll('\n', ' ')
}

export interface SqlUse {
  readonly code: PipelineErrorCode
  /** What the SQL is, as a subject: `the transform`. */
  readonly what: string
  /** Names that may be shown: of the columns that the SQL reads. */
  readonly columns: readonly string[]
}

/**
 * Says why SQL of a pipeline failed on data: DuckDB's own message may quote them, and stays out. An
 * error that is not the SQL's is returned as it is.
 */
export function sqlFailure(error: unknown, { code, what, columns }: SqlUse): unknown {
  const message = error instanceof Error ? error.message : ''
  if (isDiskFull(error, message)) {
    return new PipelineError(code, `${what} has filled the disk with what does not fit in memory`, {
      remedy:
        'Give the worker a larger temporary folder, or let the SQL sort and join less at once.',
      // Another worker may have more room, and so may this one later.
      retryable: true,
    })
  }
  if (message.startsWith('Out of Memory Error')) {
    const limit = memoryLimitIn(message) ?? 'the memory limit'
    return new PipelineError(code, `${what} does not fit in ${limit} of memory`, {
      remedy:
        'Let the SQL hold less at once: sort and join without wide columns, and make no lists or texts of very many rows.',
    })
  }
  const [, kind] = failedOnValue.exec(message) ?? []
  if (kind === undefined) return error
  return new PipelineError(
    code,
    `${what} fails on a value (${kind} Error${hint(message, columns)})`,
    {
      remedy:
        'Correct the SQL; where values may not fit, TRY_CAST makes NULL of those that do not.',
    },
  )
}

function isDiskFull(error: unknown, message: string): boolean {
  return (
    (error instanceof Error && 'code' in error && error.code === 'ENOSPC') ||
    /^IO Error: .*No space left on device/s.test(message) ||
    (message.startsWith('Out of Memory Error: ') && message.includes(temporaryLimit))
  )
}

/** What the message names that is no data. */
function hint(message: string, columns: readonly string[]): string {
  if (message.startsWith('Invalid Input Error: More than one row returned by a subquery')) {
    return ': more than one row returned by a subquery'
  }
  const [, column = ''] = / when casting from source column (\S+)$/m.exec(message) ?? []
  return columns.includes(column) ? `: column ${column}` : ''
}
