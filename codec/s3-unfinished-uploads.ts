import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3'
import { ClaimCheckError } from './claim-check-error.ts'
import type { CallOptions, ObjectKey } from './object-store.ts'
import { createS3Call } from './s3-call.ts'
import { createS3Client } from './s3-client.ts'
import { readS3Error } from './s3-error.ts'
import type { S3ObjectStoreOptions } from './s3-object-store.ts'

/** An upload in parts that was begun and neither completed nor aborted. */
export interface UnfinishedUpload {
  readonly key: ObjectKey
  readonly uploadId: string
  readonly begunAt: Date
}

/** What a store keeps of uploads in parts. Failures are as those of `ObjectStore`. */
export interface UnfinishedUploads {
  list(options?: CallOptions): AsyncIterable<UnfinishedUpload>
  /** One that is gone already is no error. */
  abort(upload: Pick<UnfinishedUpload, 'key' | 'uploadId'>, options?: CallOptions): Promise<void>
  close(): void
}

/** Those of one bucket behind the S3 API. */
export function createS3UnfinishedUploads(options: S3ObjectStoreOptions): UnfinishedUploads {
  const { bucket: Bucket } = options
  const client = createS3Client(options)
  const call = createS3Call(options)
  return {
    async *list({ signal } = {}) {
      let last: ListMultipartUploadsCommandOutput | undefined
      do {
        const command = new ListMultipartUploadsCommand({
          Bucket,
          KeyMarker: last?.NextKeyMarker,
          UploadIdMarker: last?.NextUploadIdMarker,
        })
        const page: ListMultipartUploadsCommandOutput = await call(
          { bucket: Bucket },
          signal,
          (abortSignal) => client.send(command, { abortSignal }),
        )
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          if (Key === undefined || UploadId === undefined || Initiated === undefined) {
            throw cutShort(Bucket, 'an upload without key, id or time')
          }
          yield { key: Key as ObjectKey, uploadId: UploadId, begunAt: Initiated }
        }
        if (page.IsTruncated === true && isSamePlace(page, last)) {
          throw cutShort(Bucket, 'more to come but no way to ask for it')
        }
        last = page
      } while (last.IsTruncated === true)
    },
    async abort({ key, uploadId }, { signal } = {}) {
      const command = new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: uploadId })
      try {
        await call({ bucket: Bucket, key }, signal, (abortSignal) =>
          client.send(command, { abortSignal }),
        )
      } catch (error) {
        const cause = error instanceof ClaimCheckError ? error.cause : error
        if (readS3Error(cause).name !== 'NoSuchUpload') throw error
      }
    },
    close: () => client.destroy(),
  }
}

function isSamePlace(
  page: ListMultipartUploadsCommandOutput,
  last: ListMultipartUploadsCommandOutput | undefined,
): boolean {
  const { NextKeyMarker: key, NextUploadIdMarker: id } = page
  return key === undefined || (key === last?.NextKeyMarker && id === last.NextUploadIdMarker)
}

function cutShort(bucket: string, what: string): ClaimCheckError {
  return new ClaimCheckError('STORE_FAILED', `The listing cannot be trusted: ${what}`, {
    remedy: 'Do not delete by this listing; check the version of the store.',
    at: { bucket },
  })
}
