import type { ObjectStore } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { manifestKey, partKey } from './bucket-layout.ts'
import { getPart } from './get-part.ts'
import { getJson } from './json-object.ts'
import type { PublishOutcome, PublishRequest } from './load-target.ts'
import { loadRequest, readPinnedRun } from './pinned-run.ts'
import { readRejects } from './read-rejects.ts'
import { partsPlace } from './reprocess/parts-place.ts'
import type { RunReference } from './run-reference.ts'
import { datasetManifest } from './seal-dataset.ts'
import { withPartRows } from './with-part-rows.ts'

export interface PublishLoadInput {
  readonly run: RunReference
}

/** Applies the sealed dataset to its table, once. */
export async function publishLoad(
  ports: ActivityPorts,
  { run }: PublishLoadInput,
  attempt: Attempt,
): Promise<PublishOutcome> {
  const { store, target } = ports
  const request = await publishRequest(store, run, attempt)
  const { columns } = request
  const { signal } = attempt
  return target.publish({
    ...request,
    // Parts of another dataset lie elsewhere, and are all staged.
    readPart:
      run.partsOf === undefined
        ? async (partNumber, use) => {
            const { bytes } = await getPart(store, partKey(run, partNumber), attempt)
            return withPartRows(ports, { bytes, columns, signal }, ({ chunks }) => use(chunks))
          }
        : undefined,
  })
}

/** What a target is told of a sealed dataset. */
export async function publishRequest(
  store: ObjectStore,
  run: RunReference,
  attempt: Attempt,
): Promise<PublishRequest> {
  const pinned = await readPinnedRun(store, run, attempt)
  const key = manifestKey(run)
  const { parts, rejectCount, ...manifest } = await getJson(store, key, datasetManifest, attempt)
  return {
    ...loadRequest(run, pinned, attempt),
    manifestKey: key,
    parts,
    recordCount: manifest.recordCount,
    convertedCount: manifest.convertedCount,
    rejectCount,
    missingFields: manifest.missingFields,
    rejects: readRejects(store, partsPlace(run), attempt),
    highWaterMark: pinned.highWaterMark,
    evolvedColumns: pinned.evolved,
    madeFrom: pinned.reprocessing,
  }
}
