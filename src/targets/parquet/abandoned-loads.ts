import type { DatasetId } from '../../../activities/load-target.ts'
import type {
  ParquetTargetDefinition,
  RetentionDefinition,
} from '../../../activities/pipeline-definition.ts'
import { findJson } from '../../../activities/json-object.ts'
import type { DatasetFacts } from '../../../activities/retention/dataset-facts.ts'
import { ageDays } from '../../../activities/retention/dataset-rule.ts'
import type {
  Garbage,
  GarbageFinding,
  GarbageRequest,
} from '../../../activities/retention/garbage.ts'
import type { ObjectFacts, ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { loadIntent, loadManifest, loadRecord } from './load-manifest.ts'
import { dataFolder, intentKey, recordKey, stagedFolder } from './target-layout.ts'

/**
 * What loads into the bucket of the store have left that were terminated before they were published, as
 * long as the rule says that it is kept. What is published, or was, is never among it: a load is when it has
 * a record that says so, or a manifest that names it. Targets in other buckets are not looked at.
 *
 * @param datasets Of one partition; whether a run of it is open is for the caller to find out behind this.
 */
export async function* abandonedLoads(
  store: ObjectStore,
  datasets: readonly DatasetFacts[],
  { unfinished }: RetentionDefinition,
  { now, signal }: GarbageRequest,
): AsyncGenerator<GarbageFinding> {
  if (unfinished === undefined) return
  for (const { folder, pinned } of datasets) {
    const target = pinned?.definition.target
    if (target?.kind !== 'parquet' || target.bucket !== store.bucket || target.s3 !== undefined) {
      continue
    }
    const { datasetId } = folder
    const left = await objectsOf(store, target, datasetId, signal)
    const youngest = Math.min(...left.map(({ lastModified }) => ageDays(lastModified, now)))
    if (left.length === 0 || youngest < Math.max(unfinished.days, 1)) continue
    if (await isPublished(store, target, datasetId, signal)) continue
    const reason = `a load left it ${youngest} days ago that was never published`
    for (const { key, sizeBytes, lastModified } of left) {
      const garbage: Garbage = { kind: 'dataset', key, sizeBytes, lastModified, reason }
      yield { garbage }
    }
  }
}

/** What says that the load is about to be published comes last: the others are found by it. */
async function objectsOf(
  store: ObjectStore,
  target: ParquetTargetDefinition,
  datasetId: DatasetId,
  signal: AbortSignal,
): Promise<ObjectFacts[]> {
  const found: ObjectFacts[] = []
  for (const prefix of [
    stagedFolder(target, datasetId),
    dataFolder(target, datasetId),
    intentKey(target, datasetId),
  ]) {
    for await (const object of store.list(prefix, { signal })) found.push(object)
  }
  return found
}

/**
 * By the record; without one by the manifest that the load was about to switch: nobody replaces a manifest
 * before the load that it names has its record.
 */
async function isPublished(
  store: ObjectStore,
  target: ParquetTargetDefinition,
  datasetId: DatasetId,
  signal: AbortSignal,
): Promise<boolean> {
  const key = recordKey(target, datasetId)
  const record = await findJson(store, key, loadRecord, { signal })
  if (record?.state === 'published') return true
  const intent = await findJson(store, intentKey(target, datasetId), loadIntent, { signal })
  if (intent !== undefined) {
    const named = intent.manifestKey as ObjectKey
    const manifest = await findJson(store, named, loadManifest, { signal })
    if (manifest?.datasetId === datasetId) return true
  }
  // Between the looks the record may have taken the intent's place.
  return (await findJson(store, key, loadRecord, { signal }))?.state === 'published'
}
