import type { ObjectStore } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { manifestKey, partKey } from './bucket-layout.ts'
import { getPart, UNSTAGED_PART_BYTES } from './get-part.ts'
import { getJson } from './json-object.ts'
import { UNSTAGED_PARTS, type PublishOutcome, type PublishRequest } from './load-target.ts'
import { loadRequest, readPinnedRun } from './pinned-run.ts'
import { readRejects } from './read-rejects.ts'
import { partsPlace } from './reprocess/parts-place.ts'
import type { SealedPart } from './reprocess/sealed-part.ts'
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
  const { columns, parts } = request
  const { signal } = attempt
  // Parts of another dataset lie elsewhere, and are all staged.
  const mayBeLeft = run.partsOf === undefined && !parts.some(isLargeFirst)
  return target.publish({
    ...request,
    readPart: mayBeLeft
      ? async (partNumber, use) => {
          const key = partKey(run, partNumber)
          const sealed = parts.find((part) => part.partNumber === partNumber)
          const { bytes } = await getPart(store, key, attempt, sealed?.sha256)
          return withPartRows(ports, { bytes, columns, signal }, ({ chunks }) => use(chunks))
        }
      : undefined,
  })
}

function isLargeFirst({ partNumber, sizeBytes }: SealedPart): boolean {
  return partNumber < UNSTAGED_PARTS && sizeBytes > UNSTAGED_PART_BYTES
}

interface SealedRequest extends PublishRequest {
  readonly parts: readonly SealedPart[]
}

/** What a target is told of a sealed dataset. */
export async function publishRequest(
  store: ObjectStore,
  run: RunReference,
  attempt: Attempt,
): Promise<SealedRequest> {
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
