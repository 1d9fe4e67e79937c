import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { fileChanged, fileMissing } from './file-errors.ts'

/** What the client of a store failed with, as trouble of a source. Anything else stays what it is. */
export function s3Failure(error: unknown, place: string): unknown {
  if (!(error instanceof ClaimCheckError)) return error
  // A host that may not be asked: the refusal comes through the client.
  if (error.cause instanceof PipelineError) return error.cause
  const at = { path: place }
  switch (error.code) {
    case 'OBJECT_MISSING':
      return fileMissing(at, error)
    case 'OBJECT_REPLACED':
      return fileChanged(at, error)
    case 'STORE_UNREACHABLE':
      return new PipelineError('SOURCE_UNREACHABLE', 'the store did not answer in full', {
        at,
        remedy: 'Check that the store is up and that its endpoint is right.',
        retryable: true,
        cause: error,
      })
    default:
      return new PipelineError('SOURCE_REFUSED', `the store refused the request (${error.code})`, {
        at,
        remedy: 'Check the bucket, the key and the rights on them: s3:GetObject and s3:ListBucket.',
        retryable: error.retryable,
        cause: error,
      })
  }
}
