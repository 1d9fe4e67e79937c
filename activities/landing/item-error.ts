import type { ErrorPlace } from '../../codec/index.ts'
import { PipelineError } from '../pipeline-error.ts'

/**
 * What is wrong with an item, with where that is. Trying again cannot help: its version is so. What has
 * other reasons stays as it is.
 */
export function errorOfItem(error: unknown, at: ErrorPlace): unknown {
  if (!(error instanceof PipelineError) || 'item' in error.at) return error
  const { code, message, remedy, retryable } = error
  if (retryable && code !== 'SOURCE_MALFORMED') return error
  return new PipelineError(code, message, {
    at,
    remedy: retryable
      ? 'Look at the item there (lines and bytes are counted from where the page starts), and correct it.'
      : remedy,
    cause: error,
  })
}

/** An item without bytes, of a format that has no such form. */
export function emptyItem(item: string, message: string): PipelineError {
  return new PipelineError('SOURCE_MALFORMED', message, {
    at: { item },
    remedy: 'Write it again, or leave it out of `source.path`: no file of this format is empty.',
  })
}
