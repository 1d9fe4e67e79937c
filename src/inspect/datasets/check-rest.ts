import { datasetPrefix, type DatasetPlace } from '../../../activities/bucket-layout.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import { listObjects, type ListedObject } from '../blobs/listed-objects.ts'
import { lookAt } from '../blobs/verify-objects.ts'
import type { DatasetDamage } from './verify-dataset.ts'

/** What is looked at in ways of its own. */
const knownName = /^(?:part-|rejects-|(?:definition|manifest)\.json$)/

const looksAtOnce = 8

/**
 * Reads what lies in a dataset's folder beside parts, rejects, definition and manifest: notes, lists of items
 * and batches, and what a transform was made from. Each has to be what was written, and what lists name has
 * to be there.
 */
export async function checkRest(
  store: ObjectStore,
  folder: DatasetPlace,
  signal: AbortSignal,
): Promise<DatasetDamage[]> {
  // Datasets are of no namespace, and are not encrypted.
  const place = { store, namespace: '', encryption: undefined, signal }
  const listed = listObjects(place, [datasetPrefix(folder)])
  const looked = ordered(listed, looksAtOnce, async (object: ListedObject) => {
    const { key } = object
    if (knownName.test(key.slice(key.lastIndexOf('/') + 1))) return []
    const { finding } = await lookAt(place, object)
    return finding === undefined ? [] : [{ key, problem: finding.message }]
  })
  return (await Array.fromAsync(looked)).flat()
}
