import type { DatasetId } from '../../../activities/load-target.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { ObjectFacts, ObjectKey } from '../../../codec/index.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { overlap } from './check-slices.ts'
import { clearIntent } from './clear-intent.ts'
import { loadIntent } from './load-manifest.ts'
import { findRecord } from './load-record.ts'
import type { PublishRequest } from './parquet-requests.ts'
import type { TargetBucket } from './target-bucket.ts'
import { intentKey, intentsFolder } from './target-layout.ts'

/** How long what a load has said of its next step is to be believed. */
export interface IntentTimes {
  /** A load that is about to switch a manifest does so within this time, or says it again. */
  readonly switchWithinMs: number
  /** After this time it does not any more. Longer by more than the switch takes, its tries included. */
  readonly countsForMs: number
}

export const intentTimes: IntentTimes = { switchWithinMs: 60_000, countsForMs: 300_000 }

/**
 * Says that the load is about to switch a manifest, then looks who else does: of two loads whose slices
 * overlap at least one sees the other. What was said by a load that was terminated before it did so counts
 * for a while, by the clock of the store, and is cleared away then.
 *
 * @returns datasets that were about to switch the same manifest when their runs ended: once this load has
 * switched it they cannot any more
 * @throws PipelineError TARGET_BUSY, retryable
 */
export async function announceLoad(
  bucket: TargetBucket,
  request: PublishRequest,
  manifestKey: ObjectKey,
  { countsForMs }: IntentTimes,
): Promise<DatasetId[]> {
  const { target, interval } = request
  const own = await putIntent(bucket, request, manifestKey)
  const said: ObjectFacts[] = []
  for await (const object of bucket.list(intentsFolder(target))) said.push(object)
  const now = said.find(({ key }) => key === own)?.lastModified.getTime() ?? 0
  const abandoned: DatasetId[] = []
  for (const { key, lastModified } of said) {
    if (key === own) continue
    const intent = (await bucket.findJson(key, loadIntent))?.value
    if (intent === undefined) continue
    if (intent.manifestKey !== manifestKey && overlap(intent.interval, interval)) {
      if (now - lastModified.getTime() >= countsForMs) {
        await clearIntent(bucket, target, intent)
        continue
      }
      await withdrawLoad(bucket, request, manifestKey)
      throw new PipelineError('TARGET_BUSY', 'a load of an overlapping slice is being published', {
        at: { path: targetPlace(target), partition: intent.partition },
        remedy: `Let it end first. If its run was terminated, load again ${countsForMs / 60_000} minutes after that.`,
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
