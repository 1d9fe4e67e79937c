import { CodedError } from './coded-error.ts'

export type ClaimCheckErrorCode =
  | 'STORE_UNREACHABLE'
  | 'STORE_DENIED'
  | 'STORE_BUCKET_MISSING'
  | 'STORE_FAILED'
  | 'OBJECT_MISSING'
  | 'OBJECT_TOO_LARGE'
  | 'OBJECT_REPLACED'
  | 'BLOB_MISSING'
  | 'BLOB_DAMAGED'
  | 'PAYLOAD_DAMAGED'
  | 'CLAIM_MALFORMED'
  | 'CLAIM_VERSION_UNKNOWN'
  | 'CLAIM_FOREIGN'
  | 'PAYLOAD_TOO_LARGE'
  | 'ENCRYPTION_KEYS_INVALID'
  | 'ENCRYPTION_KEY_MISSING'
  | 'ENCRYPTION_KEY_WRONG'
  | 'VALUE_UNSUPPORTED'

/** What can go wrong between a payload and the object store. */
export class ClaimCheckError extends CodedError<ClaimCheckErrorCode> {}
