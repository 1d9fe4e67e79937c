import type { z } from 'zod'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { loadManifest, type loadIntent } from './load-manifest.ts'
import { findRecord } from './load-record.ts'
import { settleLoad } from './settle-load.ts'
import type { TargetBucket } from './target-bucket.ts'
import { dataFolder, intentKey, stagedFolder } from './target-layout.ts'

/**
 * Takes away what a load has said of a switch that does not come any more. Where it has come, the load is
 * settled; the files of a run that was given up go, and those of one that was terminated stay, as it may be
 * one that is tried again.
 */
export async function clearIntent(
  bucket: TargetBucket,
  target: ParquetTargetDefinition,
  { datasetId, manifestKey }: z.infer<typeof loadIntent>,
): Promise<void> {
  const manifest = (await bucket.findJson(manifestKey as ObjectKey, loadManifest))?.value
  if (manifest?.datasetId === datasetId) return settleLoad(bucket, target, manifest)
  if ((await findRecord(bucket, { target, datasetId }))?.state === 'discarded') {
    await bucket.deleteFolder(dataFolder(target, datasetId))
    await bucket.deleteFolder(stagedFolder(target, datasetId))
  }
  await bucket.delete(intentKey(target, datasetId))
}
