import { PipelineError } from '../../../activities/pipeline-error.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import type { CheckRequest } from './parquet-requests.ts'
import type { TargetBucket } from './target-bucket.ts'
import { probeKey } from './target-layout.ts'

/**
 * Checks that the bucket can be written, and that the store keeps to conditions: one that writes
 * whatever they are would let one of two loads undo the other. Leaves nothing behind.
 *
 * @throws ClaimCheckError as the store fails; PipelineError TARGET_NOT_WRITABLE
 */
export async function checkBucket(bucket: TargetBucket, request: CheckRequest): Promise<void> {
  const { target, datasetId } = request
  await bucket.checkExistence()
  const key = probeKey(target, datasetId)
  try {
    await bucket.putJson(key, { probe: 1 })
    const isReplaced = await bucket.swapJson(key, { probe: 2 }, '0'.repeat(32))
    const isWrittenTwice = await bucket.swapJson(key, { probe: 3 }, undefined)
    if (!isReplaced && !isWrittenTwice) return
  } finally {
    await bucket.delete(key)
  }
  throw new PipelineError('TARGET_NOT_WRITABLE', 'the store does not keep to conditional writes', {
    at: { path: targetPlace(target) },
    remedy: 'Use a store or a version that knows If-Match and If-None-Match on PutObject.',
  })
}
