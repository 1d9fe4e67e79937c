import { z } from 'zod'
import { batchKey, definitionKey, itemListKey } from '../../../activities/bucket-layout.ts'
import { findJson } from '../../../activities/json-object.ts'
import { walkPosition } from '../../../activities/landing/batch-walk.ts'
import { findPinnedItems } from '../../../activities/landing/item-list.ts'
import { landedBatch } from '../../../activities/landing/landed-batch.ts'
import type { PinnedRun, RunReference } from '../../../activities/run-reference.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { ordered } from '../../../codec/ordered.ts'
import type { CheckedLanding } from './check-landing.ts'
import { itemProblems } from './check-item-origin.ts'
import { readOrNot } from './if-readable.ts'
import type { DatasetDamage } from './verify-dataset.ts'

export interface OriginsRequest {
  readonly run: RunReference
  readonly pinned: PinnedRun
  /** Undefined where it is not to be looked at, or is gone. */
  readonly landed: Pick<CheckedLanding, 'has'> | undefined
  readonly signal: AbortSignal
}

const itemsAtOnce = 8

const itemPage = z.object({
  items: z.array(z.object({ place: z.string(), version: z.string().nullable() })),
})

/**
 * Follows a sealed dataset to what it was made from, as its run went, and says what is not there: of a walk
 * each list of a batch, which nothing but the one before it leads to; of items their list, and of each the
 * version that was read. What cannot be read is damaged, and told where each object is looked at.
 */
export async function checkOrigins(
  store: ObjectStore,
  request: OriginsRequest,
): Promise<DatasetDamage[]> {
  const { pinned, landed } = request
  const { kind } = pinned.definition.source
  if (kind === 'file' || kind === 'postgres') {
    return Array.fromAsync(problemsOfItems(store, request))
  }
  const isBesideDataset = pinned.fromLandingOf !== undefined
  if (!isBesideDataset && landed === undefined) return []
  return Array.fromAsync(walkProblems(store, request))
}

async function* walkProblems(
  store: ObjectStore,
  { run, pinned, landed, signal }: OriginsRequest,
): AsyncGenerator<DatasetDamage> {
  let cursor: string | null = null
  let pageNumber = 0
  do {
    const at = await walkPosition(pageNumber, cursor)
    const key = batchKey(run, at, pinned.fromLandingOf !== undefined)
    const batch = await readOrNot(() => findJson(store, key, landedBatch, { signal }))
    if (batch === 'missing')
      yield { key, problem: 'is not in the store, and the walk went on there' }
    if (typeof batch === 'string') return
    for (const page of batch.pages) {
      if (landed?.has(page.key) === false) yield namedBy(key, page.key)
    }
    cursor = batch.next
    pageNumber += batch.pages.length
  } while (cursor !== null)
}

async function* problemsOfItems(
  store: ObjectStore,
  request: OriginsRequest,
): AsyncGenerator<DatasetDamage> {
  const { run, landed, signal } = request
  const key = itemListKey(run)
  const list = await readOrNot(() => findPinnedItems(store, run, { signal }))
  if (list === 'missing') yield { key, problem: 'is not in the store, and lists the items' }
  if (typeof list === 'string' || landed === undefined) return
  // Versions of this program that put no digest beside it did not note either what was taken.
  const definition = await store.head(definitionKey(run), { signal })
  const notesTaken = definition?.metadata['sha256'] !== undefined
  let position = 0
  for (const pageKey of list.pageKeys) {
    const page = await readOrNot(() => findJson(store, pageKey as ObjectKey, itemPage, { signal }))
    // Missed by the list that names it, or damaged: positions of the others are not known.
    if (typeof page === 'string') return
    const items = page.items.map((item, index) => ({ ...item, position: position + index }))
    position += items.length
    const asked = ordered(items, itemsAtOnce, (item) =>
      Array.fromAsync(itemProblems(store, { ...request, landed, notesTaken }, item)),
    )
    for await (const problems of asked) yield* problems
  }
}

function namedBy(list: string, key: string): DatasetDamage {
  return { key, problem: `${list} names it, and it is not in the store` }
}
