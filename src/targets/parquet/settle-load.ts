import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import type { LoadManifest } from './load-manifest.ts'
import type { TargetBucket } from './target-bucket.ts'
import { dataFolder, intentKey, manifestKey, recordKey, stagedFolder } from './target-layout.ts'

/**
 * What is to be done once a manifest is there: the load gets its record, and what has become needless
 * is removed. May be done again at any time, by whoever replaces the manifest too.
 */
export async function settleLoad(
  bucket: TargetBucket,
  target: ParquetTargetDefinition,
  { datasetId, partition, counts, removes }: LoadManifest,
): Promise<void> {
  await bucket.putJson(recordKey(target, datasetId), {
    state: 'published',
    datasetId,
    manifestKey: manifestKey(target, partition),
    counts,
  })
  await bucket.deleteFolder(stagedFolder(target, datasetId))
  await bucket.delete(intentKey(target, datasetId))
  for (const removed of removes) {
    await bucket.deleteFolder(dataFolder(target, removed))
    await bucket.deleteFolder(stagedFolder(target, removed))
    await bucket.delete(intentKey(target, removed))
  }
}
