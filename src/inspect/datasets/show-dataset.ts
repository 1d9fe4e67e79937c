import { landingPrefix, manifestKey, definitionKey } from '../../../activities/bucket-layout.ts'
import { tableColumns } from '../../../activities/pinned-run.ts'
import { readDatasetFacts } from '../../../activities/retention/dataset-facts.ts'
import type { DatasetFolder } from '../../../activities/retention/dataset-folders.ts'
import type { DatasetLoads } from '../../../activities/retention/dataset-use.ts'
import { partProblem } from '../../../activities/reprocess/sealed-part.ts'
import { ordered } from '../../../codec/ordered.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { columnTypeText } from '../../pipeline/infer/column-type-text.ts'
import { targetPlace } from '../../pipeline/target-place.ts'
import { findKnownLoads } from './find-known-loads.ts'
import { datasetState, shownLoads } from './list-datasets.ts'
import { storedParts } from './stored-parts.ts'

const asksAtOnce = 16

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
  const parts = await Array.fromAsync(
    ordered(await storedParts(store, folder, manifest, signal), asksAtOnce, async (part) => {
      const { partNumber, key, rowCount, sizeBytes, sha256 } = part
      const problem = manifest && partProblem(part, await store.head(key as ObjectKey, { signal }))
      return { partNumber, key, rows: rowCount, sizeBytes, sha256, problem: problem ?? null }
    }),
  )
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

export type ShownDataset = Awaited<ReturnType<typeof showDataset>>
