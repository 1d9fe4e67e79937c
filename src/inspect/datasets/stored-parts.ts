import { partPrefix } from '../../../activities/bucket-layout.ts'
import { listParts } from '../../../activities/download-parts.ts'
import type { DatasetFolder } from '../../../activities/retention/dataset-folders.ts'
import type { DatasetManifest } from '../../../activities/reprocess/sealed-dataset.ts'
import type { SealedPart } from '../../../activities/reprocess/sealed-part.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { ordered } from '../../../codec/ordered.ts'

const asksAtOnce = 16

/** The parts that a manifest names; of a dataset that has none yet, those that are there. */
export async function storedParts(
  store: ObjectStore,
  folder: Pick<DatasetFolder, 'pipeline' | 'partition' | 'datasetId'>,
  manifest: DatasetManifest | undefined,
  signal: AbortSignal,
): Promise<readonly SealedPart[]> {
  if (manifest !== undefined) return manifest.parts
  const listed = await listParts(store, partPrefix(folder), { signal })
  const parts = ordered(listed, asksAtOnce, async ({ key, partNumber }): Promise<SealedPart[]> => {
    const head = await store.head(key, { signal })
    if (head === undefined) return []
    const { sizeBytes, metadata } = head
    const { rows, sha256 = '' } = metadata
    return [{ partNumber, key, rowCount: Number(rows), sizeBytes, sha256 }]
  })
  return (await Array.fromAsync(parts)).flat()
}
