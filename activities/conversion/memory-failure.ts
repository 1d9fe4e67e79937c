import { PipelineError } from '../pipeline-error.ts'

/** The setting that bounds how much of the temporary folder DuckDB takes. */
export const temporaryLimit = 'max_temp_directory_size'

/** The limit that DuckDB has met, from its message, e.g. `512.0 MiB`. */
export function memoryLimitIn(message: string): string | undefined {
  return /\/([\d.]+ [KMGT]iB) used\)/.exec(message)?.[1]
}

/**
 * CONVERSION_FAILED where DuckDB has no room left for what it works on; any other error as it is.
 *
 * @param what Does not fit, as a subject: `the batch`.
 */
export function memoryFailure(error: unknown, what: string): unknown {
  const message = error instanceof Error ? error.message : ''
  if (!message.startsWith('Out of Memory Error')) return error
  const limit = memoryLimitIn(message)
  const memory = limit === undefined ? 'memory' : `${limit.replace('.0 ', ' ')} of memory`
  const room = message.includes(temporaryLimit) ? 'the temporary folder' : memory
  return new PipelineError('CONVERSION_FAILED', `${what} does not fit in ${room}`, {
    remedy:
      'Lower `limits.batch_bytes` and `limits.page_bytes` of the pipeline file, or ask the source for smaller pages.',
    // Batches share the room: this one may be alone next time.
    retryable: true,
  })
}
