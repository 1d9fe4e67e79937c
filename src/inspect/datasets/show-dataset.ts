import { landingPrefix, manifestKey, definitionKey } from '../../../activities/bucket-layout.ts'
import { tableColumns } from '../../../activities/pinned-run.ts'
import { readDatasetFacts } from '../../../activities/retention/dataset-facts.ts'
import type { DatasetFolder } from '../../../activities/retention/dataset-folders.ts'
import type { DatasetLoads } from '../../../activities/retention/dataset-use.ts'
import { partSizeProblem, type SealedPart } from '../../../activities/reprocess/sealed-part.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { columnTypeText } from '../../pipeline/infer/column-type-text.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { findKnownLoads } from './find-known-loads.ts'
import { datasetState, shownLoads } from './list-datasets.ts'
import { storedParts } from './stored-parts.ts'

/** All that is known of a dataset, for a person or a page. Only reads. */
export async function showDataset(
  { store, loads }: { readonly store: ObjectStore; readonly loads: DatasetLoads },
  folder: DatasetFolder,
  signal: AbortSignal,
) {
  const { datasetId, pipeline, partition } = folder
  const dataset = await readDatasetFacts(store, folder, { signal })
  const { pinned, manifest, trouble } = dataset
  const asked = pinned === undefined ? [] : [{ datasetId, target: pinned.definition.target }]
  const known = await findKnownLoads(loads, asked, signal)
  const stored = await storedParts(store, folder, manifest, signal)
  const listed = manifest && (await listedBytes(store, stored, signal))
  const parts = stored.map((part) => {
    const { partNumber, key, rowCount, sizeBytes, sha256 } = part
    const problem = listed && partSizeProblem(part, listed.get(key))
    return { partNumber, key, rows: rowCount, sizeBytes, sha256, problem: problem ?? null }
  })
  const landing = pinned?.landing ?? manifest?.landing
  const { interval, requestedAt } = pinned ?? manifest ?? {}
  return {
    datasetId,
    pipeline,
    partition,
    state: datasetState(dataset),
    trouble: trouble === undefined ? null : { code: trouble.code, at: trouble.at },
    interval: interval ?? null,
    requestedAt: requestedAt ?? null,
    createdAt: folder.beganAt.toISOString(),
    changedAt: folder.changedAt.toISOString(),
    objects: folder.objectCount,
    sizeBytes: folder.sizeBytes,
    definition: folder.hasDefinition ? definitionKey(folder) : null,
    manifest: folder.isSealed ? manifestKey(folder) : null,
    columns:
      pinned === undefined
        ? null
        : tableColumns(pinned).map(({ name, type, key }) => ({
            name,
            type: columnTypeText(type),
            key,
          })),
    /** Served = converted + set aside; a transform makes rows of what was converted. */
    records: {
      served: manifest?.recordCount ?? null,
      converted: manifest?.convertedCount ?? null,
      rejected: manifest?.rejectCount ?? null,
      rows: manifest?.rowCount ?? null,
    },
    /** Declared fields that no record had. */
    missingFields: manifest?.missingFields ?? [],
    /** Fields of records that no column declares. */
    discardedFields: manifest?.discardedFields ?? [],
    parts,
    madeFrom: {
      landing: landing === undefined ? null : landingPrefix({ pipeline, partition, landing }),
      highWaterMark: pinned?.highWaterMark ?? null,
      reprocessed: pinned?.reprocessing?.datasetId ?? pinned?.fromLandingOf ?? null,
      partsOf: manifest?.partsOf ?? null,
    },
    target: pinned === undefined ? null : targetPlace(pinned.definition.target),
    retention: pinned?.definition.retention ?? null,
    loads: shownLoads(known.get(datasetId) ?? 'unknown'),
  } as const
}

/** The lengths of those parts that are there: a request for a thousand of them, instead of one each. */
async function listedBytes(
  store: ObjectStore,
  parts: readonly SealedPart[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const wanted = new Set(parts.map(({ key }) => key))
  // Of one dataset all lie in one folder, as far as its manifest is right.
  const folders = new Set(parts.map(({ key }) => key.slice(0, key.lastIndexOf('/') + 1)))
  const found = new Map<string, number>()
  for (const folder of folders) {
    for await (const { key, sizeBytes } of store.list(`${folder}part-`, { signal })) {
      if (wanted.has(key)) found.set(key, sizeBytes)
    }
  }
  return found
}

export type ShownDataset = Awaited<ReturnType<typeof showDataset>>
