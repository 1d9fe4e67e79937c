import type { LandedPage } from '../landing/landed-batch.ts'
import { PipelineError } from '../pipeline-error.ts'

/** Kinds of DuckDB's errors that files cause. */
const fileErrors =
  /^(?:IO|Invalid Input|Invalid|Conversion|Not implemented|Out of Range|Serialization|Type Mismatch|Mismatch Type|INTERNAL) Error: /i

/** Nothing of the data is in these words. */
const unreadEncoding = /\b[A-Z_]+ encoding is only supported for [A-Z ]+ data\b/i

/** The name of a page's file, by the page's position. */
export function parquetFileName(position: number): string {
  return `page-${String(position).padStart(7, '0')}.parquet`
}

/**
 * What is wrong with Parquet files that DuckDB cannot read: its own messages quote data and stay out.
 * Another error is returned as it is.
 *
 * @param pages What the files were named for, if they are pages.
 */
export function parquetFailure(
  error: unknown,
  pages: readonly Pick<LandedPage, 'key'>[] = [],
): unknown {
  if (error instanceof PipelineError || !(error instanceof Error)) return error
  const { message } = error
  if (/No space left on device|max_temp_directory_size/i.test(message)) return error
  if (message.startsWith('Out of Memory Error')) {
    return new PipelineError('CONVERSION_FAILED', 'the file does not fit in the memory limit', {
      remedy: 'Lower `limits.batch_bytes` of the pipeline file.',
      retryable: true,
    })
  }
  if (!fileErrors.test(message)) return error
  const [, position] = /\bpage-(\d{7})\.parquet\b/.exec(message) ?? []
  // It does not always name the file.
  const [only, ...others] = pages
  const found = position === undefined && others.length === 0 ? only : pages[Number(position)]
  const page = found?.key
  const [encoding] = unreadEncoding.exec(message) ?? []
  const why = encoding === undefined ? '' : `: ${encoding}`
  return new PipelineError('CONVERSION_FAILED', `the Parquet data cannot be read${why}`, {
    at: page === undefined ? {} : { page },
    remedy:
      'Compare the file with its source: it is damaged, or written in a way that is not read.',
  })
}
