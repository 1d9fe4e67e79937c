import type { z } from 'zod'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { loadIntent, loadManifest, loadRecord } from './load-manifest.ts'
import type { TargetBucket } from './target-bucket.ts'
import { intentKey, recordKey } from './target-layout.ts'

type LoadRecord = z.infer<typeof loadRecord>

interface Load {
  readonly target: ParquetTargetDefinition
  readonly datasetId: DatasetId
}

/** What became of the load, as far as that has been written down. */
export async function findRecord(
  bucket: TargetBucket,
  { target, datasetId }: Load,
): Promise<LoadRecord | undefined> {
  return (await bucket.findJson(recordKey(target, datasetId), loadRecord))?.value
}

/**
 * Whether the dataset is, or was, in a manifest. One whose record is not there yet has said where it
 * would be: nobody replaces a manifest before what it names has its record.
 */
export async function isPublished(bucket: TargetBucket, load: Load): Promise<boolean> {
  const record = await findRecord(bucket, load)
  if (record?.state === 'published') return true
  const intent = await bucket.findJson(intentKey(load.target, load.datasetId), loadIntent)
  if (intent === undefined) {
    // Between the two looks the record may have taken the intent's place.
    return (await findRecord(bucket, load))?.state === 'published'
  }
  const manifest = await bucket.findJson(intent.value.manifestKey as ObjectKey, loadManifest)
  if (manifest?.value.datasetId === load.datasetId) return true
  return (await findRecord(bucket, load))?.state === 'published'
}

/** A late attempt at what a run has given up. */
export function loadDiscarded({ target, datasetId }: Load): PipelineError {
  return new PipelineError('TARGET_FAILED', 'the run of this dataset has ended without a load', {
    at: { path: targetPlace(target), datasetId },
    remedy: 'Start the run again.',
  })
}
