import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import { readS3Error } from '../../../codec/s3-error.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError, type PipelineErrorCode } from '../../../activities/pipeline-error.ts'
import { targetPlace } from '../../pipeline/target-place.ts'

/** What the client of a store failed with, as trouble of a target. Anything else stays what it is. */
export function toTargetError(error: unknown, target: ParquetTargetDefinition): unknown {
  if (error instanceof PipelineError) return ofAccess(error)
  if (!(error instanceof ClaimCheckError)) return error
  // A host that may not be asked: the refusal comes through the client.
  if (error.cause instanceof PipelineError) return ofAccess(error.cause)
  // The message of the store itself may name its host, which may be a secret.
  const fail = (code: PipelineErrorCode, message: string, remedy: string, retryable = false) =>
    new PipelineError(code, message, {
      at: { path: targetPlace(target) },
      remedy,
      retryable,
      cause: error,
    })
  switch (error.code) {
    case 'STORE_UNREACHABLE':
      return fail(
        'TARGET_UNREACHABLE',
        'the store did not answer in full',
        'Check that the store is up and that its endpoint is right.',
        true,
      )
    case 'STORE_DENIED':
      return isRightMissing(error)
        ? fail(
            'TARGET_NOT_WRITABLE',
            'the store refused the request: a right is missing',
            'Grant s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject beneath the prefix.',
          )
        : fail(
            'TARGET_DENIED',
            'the store did not accept who asks',
            'Check the access key that `target.s3` names, or that of the worker, and the clock of this machine.',
          )
    case 'STORE_BUCKET_MISSING':
      return fail(
        'TARGET_NOT_WRITABLE',
        'the bucket does not exist',
        'Create it, or correct `target.path`.',
      )
    default:
      return fail(
        'TARGET_FAILED',
        `the store failed (${error.code})`,
        'Look in the log of the store; it has to know S3 with conditional writes.',
        error.retryable || error.code === 'OBJECT_MISSING',
      )
  }
}

function isRightMissing({ cause }: ClaimCheckError): boolean {
  const { name, status } = readS3Error(cause)
  // What is asked by HEAD has no body that could say more.
  return name === 'AccessDenied' || (status === 403 && /^(Unknown|403|Forbidden)/.test(name))
}

/** Other stores are reached as those of sources are, and refused in their words. */
function ofAccess(error: PipelineError): PipelineError {
  const { code, remedy, cause } = error
  if (code === 'SOURCE_HOST_REFUSED') {
    return new PipelineError(
      code,
      'the store that `target.s3` names is at a host that is refused',
      {
        remedy,
        cause,
      },
    )
  }
  if (code !== 'SOURCE_SETTING_INVALID') return error
  const inWords = (text: string): string => text.replaceAll('source.s3', 'target.s3')
  return new PipelineError(code, inWords(error.message), { remedy: inWords(remedy), cause })
}
