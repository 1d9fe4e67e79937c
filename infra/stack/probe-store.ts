import {
  DeleteObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'

import type { StoreAddress } from './stack-addresses.ts'

/**
 * Rejects unless the bucket is there; with `write`, also unless it takes an object.
 * @param timeoutMs how long all of it may take
 */
export async function probeStore(
  address: StoreAddress,
  mode: 'read' | 'write',
  timeoutMs = 5000,
): Promise<void> {
  const client = new S3Client({
    region: address.region,
    maxAttempts: 1,
    ...(address.endpoint === undefined ? {} : { endpoint: address.endpoint, forcePathStyle: true }),
    // A copy: the SDK writes into what it is given.
    ...(address.credentials && { credentials: { ...address.credentials } }),
  })
  const { bucket: Bucket } = address
  const within = { abortSignal: AbortSignal.timeout(timeoutMs) }
  try {
    await client.send(new HeadBucketCommand({ Bucket }), within)
    if (mode === 'read') return
    // A store may answer before it has a volume to write to.
    const Key = '.claimcheck/ready'
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'ready' }), within)
    await client.send(new DeleteObjectCommand({ Bucket, Key }), within)
  } finally {
    client.destroy()
  }
}
