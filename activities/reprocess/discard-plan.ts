import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import { datasetPrefix, definitionKey, type DatasetPlace } from '../bucket-layout.ts'
import type { ObjectKey, ObjectStore } from '../../codec/index.ts'
import type { DatasetId } from '../load-target.ts'
import { findPinnedRun, readPinnedRun, tableColumns } from '../pinned-run.ts'
import type { RunReference } from '../run-reference.ts'

export interface DiscardPlanInput {
  readonly run: Pick<RunReference, 'pipeline' | 'partition' | 'datasetId'>
  /** What the run was made from, which is a plan too where columns had to be added on the way. */
  readonly fromLandingOf?: DatasetId | undefined
}

const deletedAtOnce = 1000

/** Removes all that was made for a plan: what was staged, and its dataset. Any other dataset stays. */
export async function discardPlan(
  { store, target }: ActivityPorts,
  { run, fromLandingOf }: DiscardPlanInput,
  attempt: Attempt,
): Promise<void> {
  const { pipeline, partition, datasetId } = run
  if (await isPlan(store, run, attempt)) {
    const pinned = await readPinnedRun(store, run, attempt)
    await target.discard({
      target: pinned.definition.target,
      columns: tableColumns(pinned),
      datasetId,
      signal: attempt.signal,
    })
  }
  for (const id of [fromLandingOf, datasetId]) {
    if (id === undefined) continue
    const place = { pipeline, partition, datasetId: id }
    if (await isPlan(store, place, attempt)) await deleteDataset(store, place, attempt)
  }
}

async function isPlan(store: ObjectStore, place: DatasetPlace, attempt: Attempt): Promise<boolean> {
  return (await findPinnedRun(store, place, attempt))?.reprocessing?.plan === true
}

/** What tells that it is a plan goes last. */
async function deleteDataset(
  store: ObjectStore,
  place: DatasetPlace,
  attempt: Attempt,
): Promise<void> {
  const last = definitionKey(place)
  const keys: ObjectKey[] = []
  for await (const { key } of store.list(datasetPrefix(place), attempt)) {
    if (key !== last) keys.push(key)
  }
  for (let first = 0; first < keys.length; first += deletedAtOnce) {
    await store.delete(keys.slice(first, first + deletedAtOnce), attempt)
  }
  await store.delete([last], attempt)
}
