import { z } from 'zod'
import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../../codec/index.ts'
import { itemListKey, itemListPageKey } from '../bucket-layout.ts'
import type { SourceItem } from '../item-source.ts'
import { findJson, getJson, putJson, putJsonOnce } from '../json-object.ts'
import type { RunReference } from '../run-reference.ts'

/** Few enough that finding one of them costs little. */
const itemsPerPage = 1_000

const itemPage: z.ZodType<{ items: readonly SourceItem[] }> = z.object({
  items: z.array(
    z.object({
      place: z.string(),
      version: z.string().nullable(),
      sizeBytes: z.number().nullable(),
    }),
  ),
})

const itemList = z.object({
  itemCount: z.number(),
  /** Keys of the pages that list them, in order. */
  pageKeys: z.array(z.string()),
})

export type ItemList = z.infer<typeof itemList>

/** Writes a list of items under the landing, a page at a time. */
export async function writeItems(
  store: ObjectStore,
  run: RunReference,
  items: AsyncIterable<SourceItem>,
  options: CallOptions,
): Promise<ItemList> {
  const pageKeys: string[] = []
  let itemCount = 0
  let page: SourceItem[] = []
  const write = async (): Promise<void> => {
    const digest = await digestOf(Buffer.from(JSON.stringify(page)))
    const key = itemListPageKey(run, pageKeys.length, digest.slice(0, 16))
    await putJson(store, key, { items: page }, options)
    pageKeys.push(key)
    page = []
  }
  for await (const { place, version, sizeBytes } of items) {
    page.push({ place, version, sizeBytes })
    itemCount += 1
    if (page.length === itemsPerPage) await write()
  }
  if (page.length > 0) await write()
  return { itemCount, pageKeys }
}

/**
 * Makes a list the one that the run goes by, unless it has one already: positions in it say which item
 * is meant, so it must not change while items are loaded, not even by an attempt that was given up and
 * comes late. Answers the list that holds.
 */
export async function pinItems(
  store: ObjectStore,
  run: RunReference,
  list: ItemList,
  options: CallOptions,
): Promise<ItemList> {
  const key = itemListKey(run)
  await putJsonOnce(store, key, list, options)
  return getJson(store, key, itemList, options)
}

/** The list that the run goes by; undefined where it has none yet. */
export function findPinnedItems(
  store: ObjectStore,
  run: RunReference,
  options: CallOptions,
): Promise<ItemList | undefined> {
  return findJson(store, itemListKey(run), itemList, options)
}

/** @param position In the list that the run goes by, from 0. */
export async function readItem(
  store: ObjectStore,
  run: RunReference,
  position: number,
  options: CallOptions,
): Promise<SourceItem> {
  const { pageKeys } = await getJson(store, itemListKey(run), itemList, options)
  const key = pageKeys[Math.floor(position / itemsPerPage)]
  if (key === undefined) throw new RangeError(`the list has no item ${position}`)
  const { items } = await getJson(store, key as ObjectKey, itemPage, options)
  const item = items[position % itemsPerPage]
  if (item === undefined) throw new RangeError(`the list has no item ${position}`)
  return item
}
