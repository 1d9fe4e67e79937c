import { DeleteObjectsCommand } from '@aws-sdk/client-s3'
import type { CallOptions, ObjectKey } from './object-store.ts'
import type { S3Context } from './s3-context.ts'
import { toStoreError } from './s3-error.ts'

/** Keys that one `DeleteObjects` request takes. */
const BATCH = 1_000

/** Deletes in batches; the first key that the store would not delete is the error. */
export async function deleteS3Objects(
  { client, call, bucket, at }: S3Context,
  keys: readonly ObjectKey[],
  options: CallOptions,
): Promise<void> {
  for (let start = 0; start < keys.length; start += BATCH) {
    const batch = keys.slice(start, start + BATCH)
    const command = new DeleteObjectsCommand({
      Bucket: bucket,
      Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true },
    })
    const place = at({ key: batch[0] ?? '', keys: batch.length })
    const answer = await call(place, options.signal, (abortSignal) =>
      client.send(command, { abortSignal }),
    )
    for (const { Key, Code, Message } of answer.Errors ?? []) {
      if (Code === 'NoSuchKey') continue
      const refusal = Object.assign(new Error(Message ?? ''), { name: Code ?? 'Unknown' })
      throw toStoreError(refusal, at({ key: Key ?? '' }))
    }
  }
}
