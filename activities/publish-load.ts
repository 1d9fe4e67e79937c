import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { manifestKey } from './bucket-layout.ts'
import { getJson } from './json-object.ts'
import type { PublishOutcome } from './load-target.ts'
import { readPinnedRun, tableColumns } from './pinned-run.ts'
import { readRejects } from './read-rejects.ts'
import type { RunReference } from './run-reference.ts'
import { datasetManifest } from './seal-dataset.ts'

export interface PublishLoadInput {
  readonly run: RunReference
}

/** Applies the sealed dataset to its table, once. */
export async function publishLoad(
  { store, target }: ActivityPorts,
  { run }: PublishLoadInput,
  attempt: Attempt,
): Promise<PublishOutcome> {
  const pinned = await readPinnedRun(store, run, attempt)
  const { definition, requestedAt } = pinned
  const key = manifestKey(run)
  const { parts, rejectCount, ...manifest } = await getJson(store, key, datasetManifest, attempt)
  return target.publish({
    target: definition.target,
    columns: tableColumns(pinned),
    datasetId: run.datasetId,
    pipeline: run.pipeline,
    partition: run.partition,
    manifestKey: key,
    parts,
    recordCount: manifest.recordCount,
    convertedCount: manifest.convertedCount,
    rejectCount,
    rejects: readRejects(store, run, attempt),
    markColumn: definition.incremental?.column,
    requestedAt,
    signal: attempt.signal,
  })
}
