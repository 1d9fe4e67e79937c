import type { DatasetId } from '../../../activities/load-target.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { overlap } from './check-slices.ts'
import { loadIntent } from './load-manifest.ts'
import { findRecord } from './load-record.ts'
import type { PublishRequest } from './parquet-requests.ts'
import type { TargetBucket } from './target-bucket.ts'
import { intentKey, intentsFolder } from './target-layout.ts'

/**
 * Says that the load is about to switch a manifest, then looks who else does: of two loads whose slices
 * overlap at least one sees the other.
 *
 * @returns datasets that were about to switch the same manifest when their runs ended: once this load has
 * switched it they cannot any more
 * @throws PipelineError TARGET_BUSY, retryable
 */
export async function announceLoad(
  bucket: TargetBucket,
  request: PublishRequest,
  manifestKey: ObjectKey,
): Promise<DatasetId[]> {
  const { target, interval } = request
  const own = await putIntent(bucket, request, manifestKey)
  const abandoned: DatasetId[] = []
  for await (const { key } of bucket.list(intentsFolder(target))) {
    if (key === own) continue
    const intent = (await bucket.findJson(key, loadIntent))?.value
    if (intent === undefined) continue
    if (intent.manifestKey !== manifestKey && overlap(intent.interval, interval)) {
      await withdrawLoad(bucket, request, manifestKey)
      throw new PipelineError('TARGET_BUSY', 'a load of an overlapping slice is being published', {
        at: { path: targetPlace(target), partition: intent.partition },
        remedy: `Let it end first. If its run has ended long ago, delete the object ${key}.`,
        retryable: true,
      })
    }
    const record = await findRecord(bucket, { target, datasetId: intent.datasetId })
    if (record?.state === 'discarded') abandoned.push(intent.datasetId)
  }
  return abandoned
}

/** The load will not switch the manifest now. What a run that has ended has left is still to be found. */
export async function withdrawLoad(
  bucket: TargetBucket,
  request: PublishRequest,
  manifestKey: ObjectKey,
): Promise<void> {
  await bucket.delete(intentKey(request.target, request.datasetId))
  const record = await findRecord(bucket, request)
  if (record?.state === 'discarded') await putIntent(bucket, request, manifestKey)
}

async function putIntent(
  bucket: TargetBucket,
  { target, datasetId, partition, interval }: PublishRequest,
  manifestKey: ObjectKey,
): Promise<ObjectKey> {
  const key = intentKey(target, datasetId)
  await bucket.putJson(key, { datasetId, manifestKey, partition, interval })
  return key
}
