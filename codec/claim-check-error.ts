import { CodedError } from './coded-error.ts'

export type ClaimCheckErrorCode =
  | 'STORE_UNREACHABLE'
  | 'STORE_DENIED'
  | 'STORE_BUCKET_MISSING'
  | 'STORE_FAILED'
  | 'OBJECT_MISSING'
  | 'BLOB_MISSING'
  | 'BLOB_DAMAGED'
  | 'CLAIM_MALFORMED'
  | 'CLAIM_VERSION_UNKNOWN'
  | 'PAYLOAD_TOO_LARGE'

/** What can go wrong between a payload and the object store. */
export class ClaimCheckError extends CodedError<ClaimCheckErrorCode> {}
