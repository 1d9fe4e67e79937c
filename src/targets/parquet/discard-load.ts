import { isPublished } from './load-record.ts'
import type { DiscardRequest } from './parquet-requests.ts'
import type { TargetBucket } from './target-bucket.ts'
import { dataFolder, intentKey, recordKey, stagedFolder } from './target-layout.ts'

/**
 * Removes what was staged of a dataset that will not be published; one that is published stays. Where an
 * attempt at that may still be on its way, the files are left to the next load of the slice, which
 * makes sure of it first.
 */
export async function discardLoad(bucket: TargetBucket, request: DiscardRequest): Promise<void> {
  const { target, datasetId, failureCode } = request
  if (await isPublished(bucket, request)) return
  // Before the intent is looked for: an attempt that begins later finds this, an earlier one is found.
  await bucket.putJsonOnce(recordKey(target, datasetId), {
    state: 'discarded',
    datasetId,
    failureCode,
  })
  if ((await bucket.head(intentKey(target, datasetId))) !== undefined) return
  await bucket.deleteFolder(dataFolder(target, datasetId))
  await bucket.deleteFolder(stagedFolder(target, datasetId))
}
