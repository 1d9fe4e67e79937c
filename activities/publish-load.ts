import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { manifestKey } from './bucket-layout.ts'
import { getJson } from './json-object.ts'
import type { PublishOutcome } from './load-target.ts'
import { loadRequest, readPinnedRun } from './pinned-run.ts'
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
  const key = manifestKey(run)
  const { parts, rejectCount, ...manifest } = await getJson(store, key, datasetManifest, attempt)
  return target.publish({
    ...loadRequest(run, pinned, attempt),
    manifestKey: key,
    parts,
    recordCount: manifest.recordCount,
    convertedCount: manifest.convertedCount,
    rejectCount,
    rejects: readRejects(store, run, attempt),
    highWaterMark: pinned.highWaterMark,
    evolvedColumns: pinned.evolved,
  })
}
