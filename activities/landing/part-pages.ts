import type { CallOptions, ObjectKey, ObjectStore } from '../../codec/index.ts'
import { batchKey, definitionKey, itemBatchesKey } from '../bucket-layout.ts'
import type { SourceItem } from '../item-source.ts'
import { findJson } from '../json-object.ts'
import { readPinnedRun } from '../pinned-run.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { PinnedRun, RunReference } from '../run-reference.ts'
import { walkPosition } from './batch-walk.ts'
import { readItem } from './item-list.ts'
import { landedBatch } from './landed-batch.ts'
import { findNewestVersion } from './landed-item.ts'
import { landedItem } from './read-batch.ts'
import { shortDigest } from './short-digest.ts'
import { findTakenVersion } from './taken-version.ts'

/** A part's number is its item's times this, and the batch in the item; a workflow has the number by this type. */
export type PartsPerItem = 8192
export const partsPerItem: PartsPerItem = 8192

/** What the parts of a dataset were made from. */
export type PartOrigins =
  /** Each from the pages of one batch; parts whose pages are no longer listed are not in the map. */
  | { readonly kind: 'pages'; readonly pages: ReadonlyMap<number, readonly string[]> }
  /** From all pages together, by a transform of the whole dataset. */
  | { readonly kind: 'landing' }
  /** What the run was told to do is no longer in the store. */
  | { readonly kind: 'unknown' }

/** Finds the landed pages that parts of a published dataset were made from. Only reads. */
export async function findPartOrigins(
  store: ObjectStore,
  run: RunReference,
  partNumbers: ReadonlySet<number>,
  options: CallOptions = {},
): Promise<PartOrigins> {
  if ((await store.head(definitionKey(run), options)) === undefined) return { kind: 'unknown' }
  const signal = options.signal ?? new AbortController().signal
  const pinned = await readPinnedRun(store, run, { signal })
  if (pinned.definition.transform?.scope === 'dataset') return { kind: 'landing' }
  const { kind } = pinned.definition.source
  const pages =
    kind === 'file' || kind === 'postgres'
      ? await pagesOfItems(store, run, partNumbers, options)
      : await pagesOfWalk(store, run, pinned, partNumbers, options)
  return { kind: 'pages', pages }
}

/** Batch after batch, as the run went: the landing may have batches of other walks too. */
async function pagesOfWalk(
  store: ObjectStore,
  run: RunReference,
  { fromLandingOf }: PinnedRun,
  partNumbers: ReadonlySet<number>,
  options: CallOptions,
): Promise<Map<number, readonly string[]>> {
  const found = new Map<number, readonly string[]>()
  const last = Math.max(...partNumbers)
  let cursor: string | null = null
  let pageNumber = 0
  for (let partNumber = 0; partNumber <= last; partNumber += 1) {
    const at = await walkPosition(pageNumber, cursor)
    const key = batchKey(run, at, fromLandingOf !== undefined)
    const batch = await findJson(store, key, landedBatch, options)
    if (batch === undefined) break
    if (partNumbers.has(partNumber)) found.set(partNumber, keysOf(batch))
    if (batch.next === null) break
    cursor = batch.next
    pageNumber += batch.pages.length
  }
  return found
}

async function pagesOfItems(
  store: ObjectStore,
  run: RunReference,
  partNumbers: ReadonlySet<number>,
  options: CallOptions,
): Promise<Map<number, readonly string[]>> {
  const found = new Map<number, readonly string[]>()
  for (const partNumber of partNumbers) {
    const item = Math.floor(partNumber / partsPerItem)
    const keys = await batchesOfItem(store, run, item, options)
    const key = keys?.[partNumber % partsPerItem]
    if (key === undefined) continue
    const batch = await findJson(store, key as ObjectKey, landedBatch, options)
    if (batch !== undefined) found.set(partNumber, keysOf(batch))
  }
  return found
}

/** Of the version that the run has read. */
async function batchesOfItem(
  store: ObjectStore,
  run: RunReference,
  position: number,
  options: CallOptions,
): Promise<readonly string[] | undefined> {
  const item = await findItem(store, run, position, options)
  if (item === undefined) return undefined
  const { place, version: listed } = item
  const placeDigest = await shortDigest(place)
  const taken = await findTakenVersion(store, run, position, options)
  const newest = await findNewestVersion(store, run, placeDigest, options)
  for (const version of [taken, listed, newest]) {
    if (version === undefined || version === null || version === '') continue
    const key = itemBatchesKey(run, { placeDigest, versionDigest: await shortDigest(version) })
    const list = await findJson(store, key, landedItem, options)
    if (list !== undefined) return list.batchKeys
  }
  return undefined
}

/** The list goes with the landing: undefined where that is gone. */
async function findItem(
  store: ObjectStore,
  run: RunReference,
  position: number,
  options: CallOptions,
): Promise<SourceItem | undefined> {
  try {
    return await readItem(store, run, position, options)
  } catch (error) {
    if (error instanceof PipelineError && error.code === 'OBJECT_UNREADABLE') return undefined
    throw error
  }
}

function keysOf({ pages }: { readonly pages: readonly { readonly key: string }[] }): string[] {
  return pages.map(({ key }) => key)
}
