import { CodedError } from '../../../codec/coded-error.ts'

export type BlobsErrorCode =
  | 'BLOB_NAME_INVALID'
  | 'BLOB_NOT_FOUND'
  | 'BLOB_AMBIGUOUS'
  | 'DECODE_INPUT_INVALID'
  | 'OUTPUT_BINARY'

/** What can go wrong between the name that a person gives to an object and what is in it. */
export class BlobsError extends CodedError<BlobsErrorCode> {}

export function blobNotFound(at: Readonly<Record<string, string>>): BlobsError {
  return new BlobsError('BLOB_NOT_FOUND', 'There is no such object in the bucket', {
    at,
    remedy:
      'Compare with `claimcheck blobs ls`; it may have been deleted, or lie in another bucket.',
  })
}
