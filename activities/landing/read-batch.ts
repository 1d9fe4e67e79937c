import { z } from 'zod'
import type { CallOptions, ObjectKey, ObjectStore } from '../../codec/index.ts'
import { getJson } from '../json-object.ts'
import { landedBatch, type LandedBatch } from './landed-batch.ts'

/**
 * The object that lists the batches of one version of an item, in order: written last, so a version that
 * has one is landed.
 */
export const landedItem = z.object({
  /** As `SourceItem.place`. */
  place: z.string(),
  /** As `OpenItem.version`. */
  version: z.string(),
  batchKeys: z.array(z.string()),
  pages: z.number(),
  sourceBytes: z.number(),
  storedBytes: z.number(),
})

/**
 * Reads the list of a batch's pages.
 *
 * @param place Where it is, as `ConvertBatchInput` says.
 */
export async function readBatch(
  store: ObjectStore,
  place: { readonly batchKey: string; readonly batch?: number | undefined },
  options: CallOptions,
): Promise<LandedBatch> {
  const { batchKey, batch } = place
  if (batch === undefined) return getJson(store, batchKey as ObjectKey, landedBatch, options)
  const item = await getJson(store, batchKey as ObjectKey, landedItem, options)
  return getJson(store, (item.batchKeys[batch] ?? '') as ObjectKey, landedBatch, options)
}
