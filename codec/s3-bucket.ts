import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, HeadBucketCommand } from '@aws-sdk/client-s3'
import { ClaimCheckError } from './claim-check-error.ts'
import type { CallOptions, ObjectKey, ObjectStore } from './object-store.ts'
import type { S3Context } from './s3-context.ts'
import { readS3Error } from './s3-error.ts'

/** Makes the bucket of `store` if it is not there, then writes, reads and deletes a probe in it. */
export async function ensureS3Bucket(
  store: ObjectStore,
  context: S3Context,
  options: CallOptions,
): Promise<void> {
  const { client, call, bucket: Bucket } = context
  const at = context.at({})
  const isThere = await call(at, options.signal, async (abortSignal) => {
    try {
      await client.send(new HeadBucketCommand({ Bucket }), { abortSignal })
      return true
    } catch (error) {
      const { status } = readS3Error(error)
      if (status === 404) return false
      // A key that may use the bucket need not be allowed to look at it: the probe decides.
      if (status === 403) return true
      throw error
    }
  })
  if (!isThere) {
    await call(at, options.signal, async (abortSignal) => {
      try {
        await client.send(new CreateBucketCommand({ Bucket }), { abortSignal })
      } catch (error) {
        // Two workers that start together both find it missing.
        if (readS3Error(error).name !== 'BucketAlreadyOwnedByYou') throw error
      }
    })
  }
  await probe(store, options)
}

async function probe(store: ObjectStore, options: CallOptions): Promise<void> {
  const key = `claimcheck-probe/${randomUUID()}` as ObjectKey
  const body = Buffer.from('claimcheck')
  await store.put(key, body, { contentType: 'text/plain', ...options })
  try {
    const found = await store.get(key, options)
    if (body.equals(found)) return
    throw new ClaimCheckError('STORE_FAILED', 'The store gives back other bytes than it was sent', {
      remedy: 'Do not use this store: what it holds cannot be trusted.',
      at: { bucket: store.bucket, key },
    })
  } finally {
    await store.delete([key], options)
  }
}
