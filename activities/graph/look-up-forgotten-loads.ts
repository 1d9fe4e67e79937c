import type { ObjectStore } from '../../codec/index.ts'
import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import { findDatasets } from '../find-datasets.ts'
import { findPinnedRun, tableColumns } from '../pinned-run.ts'
import type { PinnedRun } from '../run-reference.ts'
import type { LookUpLoadsInput } from './look-up-loads.ts'

/**
 * Which of these pipelines have the partition in their target, by the target's own catalog, though Temporal
 * knows no run of it any more. Of one that it does know, that run says how it ended.
 */
export async function lookUpForgottenLoads(
  { store, target, starter }: Pick<ActivityPorts, 'store' | 'target' | 'starter'>,
  { pipelines, partition }: LookUpLoadsInput,
  { signal }: Attempt,
): Promise<{ readonly loaded: readonly string[] }> {
  const loaded: string[] = []
  // Of a new installation nothing is there yet.
  await store.ensureBucket({ signal })
  for (const pipeline of pipelines) {
    signal.throwIfAborted()
    if (await starter.isKnown(pipeline, partition)) continue
    const pinned = await latestLoad(store, { pipeline, partition }, signal)
    if (pinned === undefined) continue
    const covered = await target.coveredSlices({
      target: pinned.definition.target,
      columns: tableColumns(pinned),
      pipeline,
      slices: [{ name: partition, interval: pinned.interval }],
      signal,
    })
    if (covered.has(partition)) loaded.push(pipeline)
  }
  return { loaded }
}

/** What the latest run of the partition was told, other than those into another target than the pipeline's. */
async function latestLoad(
  store: ObjectStore,
  place: { readonly pipeline: string; readonly partition: string },
  signal: AbortSignal,
): Promise<PinnedRun | undefined> {
  const datasets = await findDatasets(store, place, { signal })
  for (const { datasetId } of datasets.toReversed()) {
    const pinned = await findPinnedRun(store, { ...place, datasetId }, { signal })
    if (pinned !== undefined && pinned.reprocessing?.elsewhere !== true) return pinned
  }
  return undefined
}
