import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import { definitionKey, manifestKey } from '../bucket-layout.ts'
import { putJson } from '../json-object.ts'
import { readPinnedRun } from '../pinned-run.ts'
import type { RunReference } from '../run-reference.ts'
import type { SealedDataset } from '../seal-dataset.ts'
import { sealObject } from '../sealed-object.ts'
import { readSealedManifest, type DatasetManifest } from './sealed-dataset.ts'

export interface SealPartsInput {
  readonly run: RunReference
}

/** Writes the manifest of a dataset that has the parts of another one: it names them where they lie. */
export async function sealParts(
  { store }: ActivityPorts,
  { run }: SealPartsInput,
  attempt: Attempt,
): Promise<SealedDataset> {
  const { requestedAt, reprocessing } = await readPinnedRun(store, run, attempt)
  const datasetId = reprocessing?.datasetId ?? run.datasetId
  const made = await readSealedManifest(store, { ...run, datasetId }, attempt)
  const manifest: DatasetManifest = {
    ...made,
    datasetId: run.datasetId,
    requestedAt,
    partsOf: run.partsOf?.datasetId,
    definition: await sealObject(store, definitionKey(run), attempt),
  }
  const key = manifestKey(run)
  const { sizeBytes } = await putJson(store, key, manifest, attempt)
  const { missingFields, discardedFields } = made
  return { manifestKey: key, storedBytes: sizeBytes, missingFields, discardedFields }
}
