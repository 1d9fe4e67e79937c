import { PipelineError } from '../../../activities/pipeline-error.ts'

type Place = Readonly<Record<string, string>>

/** @param retryable For one that a listing has just shown. */
export function fileMissing(at: Place, cause?: unknown, retryable = false): PipelineError {
  return new PipelineError('FILE_MISSING', 'there is no such file', {
    at,
    remedy: 'Check `source.path`, and that the file of this partition has been delivered.',
    retryable,
    cause,
  })
}

export function fileChanged(at: Place, cause?: unknown): PipelineError {
  return new PipelineError('SOURCE_CHANGED', 'the file was changed while it was read', {
    at,
    remedy: 'The next attempt reads it anew; deliver files whole, under a new name or by renaming.',
    retryable: true,
    cause,
  })
}

export function pathRefused(what: string, remedy: string, at: Place): PipelineError {
  return new PipelineError('SOURCE_PATH_REFUSED', what, { at, remedy })
}
