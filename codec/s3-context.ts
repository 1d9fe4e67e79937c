import type { S3Client } from '@aws-sdk/client-s3'
import type { ErrorPlace } from './coded-error.ts'
import type { S3Call } from './s3-call.ts'

/** What every operation on one bucket needs. */
export interface S3Context {
  readonly client: S3Client
  readonly call: S3Call
  readonly bucket: string
  /** The place named in messages, for a key or for a listing's prefix. */
  readonly at: (place: ErrorPlace) => ErrorPlace
}
