import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { manifestKey } from './bucket-layout.ts'
import { getJson } from './json-object.ts'
import type { PublishOutcome } from './load-target.ts'
import { readPinnedRun } from './pinned-run.ts'
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
  const { definition, requestedAt } = await readPinnedRun(store, run, attempt)
  const key = manifestKey(run)
  const { parts, rejectCount, ...manifest } = await getJson(store, key, datasetManifest, attempt)
  return target.publish({
    target: definition.target,
    columns: definition.columns,
    datasetId: run.datasetId,
    pipeline: run.pipeline,
    partition: run.partition,
    manifestKey: key,
    parts,
    recordCount: manifest.recordCount,
    rejectCount,
    requestedAt,
    signal: attempt.signal,
  })
}
