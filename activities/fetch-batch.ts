import type { ObjectKey } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { batchKey, beforePages, landingPrefix, type WalkPosition } from './bucket-layout.ts'
import { findJson, getJson, putJson, putJsonOnce } from './json-object.ts'
import { BatchWalk, walkPosition, type BatchStart } from './landing/batch-walk.ts'
import { landingIncomplete } from './landing/landing-incomplete.ts'
import {
  landedBatch,
  maxBatchPages,
  type LandedBatch,
  type WalkAnchor,
} from './landing/landed-batch.ts'
import type { PageWalk } from './page-source.ts'
import { readPinnedRun, sliceOf } from './pinned-run.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'
import type { PagedSourceDefinition } from './source-definition.ts'

export interface FetchBatchInput extends BatchStart {
  readonly run: RunReference
}

export interface FetchedBatch {
  /** Key of the object that lists the pages: the claim to what was landed. */
  readonly batchKey: string
  readonly pages: number
  /** As the source sent them. */
  readonly sourceBytes: number
  readonly storedBytes: number
  /** Pages that were in the store already. */
  readonly pagesFound: number
  /** Null when the walk has come to its end. */
  readonly next: string | null
  readonly anchor: WalkAnchor | null
}

/**
 * Walks the source from a cursor until the batch is full, landing each page as it is. Pages (and whole
 * batches) that an earlier attempt or run has landed are read from the store, never fetched again.
 *
 * @throws PipelineError CURSOR_REPEATED or PAGE_REPEATED when the source sends the walk back to where it
 * was, PAGE_LIMIT_EXCEEDED when it goes on after `limits.maxPages`
 */
export async function fetchBatch(
  ports: ActivityPorts,
  input: FetchBatchInput,
  attempt: Attempt,
): Promise<FetchedBatch> {
  const { store } = ports
  const { run } = input
  const start = await walkPosition(input.firstPage, input.cursor)
  const pinned = await readPinnedRun(store, run, attempt)
  const { definition } = pinned
  const isGiven = pinned.fromLandingOf !== undefined
  const key = batchKey(run, start, isGiven)
  const found = await findJson(store, key, landedBatch, attempt)
  const source = pagedSource(definition.source)
  const concurrency = source.kind === 'http' ? (source.concurrency ?? 1) : 1
  const landed = await landedFrom(ports, run, start, attempt, concurrency)
  if (found?.pages.every((page) => landed.has(page.key)) === true) {
    return summarise(key, found, found.pages.length)
  }
  const request = {
    source,
    slice: sliceOf(run, pinned),
    maxBytes: definition.limits.pageBytes,
    signal: attempt.signal,
  }
  const pages = isGiven ? landedOnly(run) : ports.pages.openWalk(request)
  try {
    const options = { ports, run, pinned, source, concurrency, landed, pages, attempt }
    const walk = new BatchWalk(options)
    const walked = await walk.run(input)
    const batch = await keepBatch(ports, key, { walked, found }, attempt)
    return summarise(key, batch, walk.pagesFound)
  } finally {
    await pages.close()
  }
}

/**
 * Makes a list the one that holds, and answers that: the workflow goes on from where it ends, so an attempt
 * that was given up and comes late, to a source that says something else by now, must not change it.
 */
async function keepBatch(
  { store }: ActivityPorts,
  key: ObjectKey,
  { walked, found }: { readonly walked: LandedBatch; readonly found: LandedBatch | undefined },
  attempt: Attempt,
): Promise<LandedBatch> {
  if (found === undefined) {
    const { isWritten } = await putJsonOnce(store, key, walked, attempt)
    return isWritten ? walked : getJson(store, key, landedBatch, attempt)
  }
  // One that was there before this attempt began names what is gone by now.
  await putJson(store, key, walked, attempt)
  return walked
}

/**
 * The pages from a position on that are in the store, as far as a batch can reach: one listing instead of
 * a request each.
 */
async function landedFrom(
  { store }: ActivityPorts,
  run: RunReference,
  { pageNumber }: WalkPosition,
  attempt: Attempt,
  concurrency: number,
): Promise<ReadonlySet<string>> {
  const landed = new Set<string>()
  const prefix = `${landingPrefix(run)}page-`
  const startAfter = beforePages(run, pageNumber)
  const beyond = beforePages(run, pageNumber + maxBatchPages + concurrency)
  for await (const { key } of store.list(prefix, { ...attempt, startAfter })) {
    if (key > beyond) break
    landed.add(key)
  }
  return landed
}

/** In the place of a source that is not to be asked. */
function landedOnly(run: RunReference): PageWalk {
  const at = { landing: landingPrefix(run) }
  return {
    page: () =>
      Promise.reject(landingIncomplete('a page that the walk leads to is not landed', at)),
    close: async () => {},
  }
}

function pagedSource(source: PinnedRun['definition']['source']): PagedSourceDefinition {
  if (source.kind === 'http' || source.kind === 'module') return source
  throw new Error(`a ${source.kind} source has no pages to walk through`)
}

function summarise(key: string, batch: LandedBatch, pagesFound: number): FetchedBatch {
  return {
    batchKey: key,
    pages: batch.pages.length,
    sourceBytes: batch.pages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    storedBytes: batch.storedBytes,
    pagesFound,
    next: batch.next,
    anchor: batch.anchor,
  }
}
