import { z } from 'zod'
import type { CallOptions, ObjectKey, ObjectStore } from '../../codec/index.ts'
import { itemBatchesKey, landedItemKey } from '../bucket-layout.ts'
import { findJson, getJson, putJson, putJsonOnce } from '../json-object.ts'
import type { RunReference } from '../run-reference.ts'
import type { ItemLanding } from './item-landing.ts'
import { landedBatch } from './landed-batch.ts'
import { landedItem } from './read-batch.ts'

/** Lists of batches that are looked at side by side. */
const checksInFlight = 8

/** The list of an item's batches, and where it is. */
export type WholeItem = z.infer<typeof landedItem> & { readonly key: ObjectKey }

/** A version of an item that something is said of. */
export const itemVersion = z.object({ place: z.string(), version: z.string() })

/** The version of an item that was landed last; undefined where none was. */
export async function findNewestVersion(
  store: ObjectStore,
  run: RunReference,
  placeDigest: string,
  options: CallOptions,
): Promise<string | undefined> {
  const key = landedItemKey(run, placeDigest)
  return (await findJson(store, key, itemVersion, options))?.version
}

/** The list of the batches of an item's version, if all that it lists is in the store. */
export async function findLanded(landing: ItemLanding): Promise<WholeItem | undefined> {
  const { store, run, item, attempt } = landing.options
  const key = itemBatchesKey(run, item)
  if (!landing.has(key)) return undefined
  const found = await getJson(store, key, landedItem, attempt)
  if (!found.batchKeys.every((batch) => landing.has(batch))) return undefined
  const waiting = found.batchKeys.values()
  let isWhole = true
  const check = async (): Promise<void> => {
    for (const batchKey of waiting) {
      if (!isWhole) return
      const { pages } = await getJson(store, batchKey as ObjectKey, landedBatch, attempt)
      if (!pages.every((page) => landing.has(page.key))) isWhole = false
    }
  }
  await Promise.all(Array.from({ length: checksInFlight }, check))
  return isWhole ? { ...found, key } : undefined
}

/**
 * Says that a version of an item is landed, and that it is the newest. Answers the list that holds:
 * batches are told by their position in it, so it does not change when an attempt that was given up
 * comes late.
 */
export async function putLanded(
  landing: ItemLanding,
  list: Pick<z.infer<typeof landedItem>, 'batchKeys' | 'pages' | 'sourceBytes' | 'storedBytes'>,
): Promise<WholeItem> {
  const { store, run, item, place, version, attempt } = landing.options
  const { batchKeys, pages, sourceBytes, storedBytes } = list
  const whole = { place, version, batchKeys, pages, sourceBytes, storedBytes }
  const key = itemBatchesKey(run, item)
  // One that was there before this attempt began named what is gone by now.
  if (landing.has(key)) await putJson(store, key, whole, attempt)
  else await putJsonOnce(store, key, whole, attempt)
  await putJson(store, landedItemKey(run, item.placeDigest), { place, version }, attempt)
  return { ...(await getJson(store, key, landedItem, attempt)), key }
}
