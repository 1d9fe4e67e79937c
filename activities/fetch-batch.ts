import { digestOf, type ObjectKey } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import {
  batchKey,
  beforePages,
  landingPrefix,
  pageKey,
  type WalkPosition,
} from './bucket-layout.ts'
import { findJson, putJson } from './json-object.ts'
import {
  landedBatch,
  type LandedBatch,
  type LandedPage,
  type WalkAnchor,
} from './landing/landed-batch.ts'
import { nextCursor, pagingOf, type Paging } from './landing/next-cursor.ts'
import { landPage, readLandedPage } from './landing/page-store.ts'
import { readFetchedPage } from './landing/read-fetched-page.ts'
import { comparesContent, RepeatWatch } from './landing/repeat-watch.ts'
import type { PageWalk } from './page-source.ts'
import { readPinnedRun, sliceOf } from './pinned-run.ts'
import { PipelineError } from './pipeline-error.ts'
import type { PinnedRun, RunReference } from './run-reference.ts'
import type { PagedSourceDefinition } from './source-definition.ts'

/** However small they are: the list of a batch's pages must stay small too. */
const maxBatchPages = 2_000

/** Pages that may be on their way to the store while the next one is fetched. */
const uploadsInFlight = 3

export interface FetchBatchInput {
  readonly run: RunReference
  /** Position in the walk through the source, from 0. */
  readonly firstPage: number
  /** Null for the first page of all. */
  readonly cursor: string | null
  readonly anchor: WalkAnchor | null
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
  const key = batchKey(run, start)
  const found = await findJson(store, key, landedBatch, attempt)
  const landed = await landedFrom(ports, run, start, attempt)
  if (found?.pages.every((page) => landed.has(page.key)) === true) {
    return summarise(key, found, found.pages.length)
  }
  const pinned = await readPinnedRun(store, run, attempt)
  const { definition } = pinned
  const source = pagedSource(definition.source)
  const pages = ports.pages.openWalk({
    source,
    slice: sliceOf(run, pinned),
    maxBytes: definition.limits.pageBytes,
    signal: attempt.signal,
  })
  try {
    const walk = new BatchWalk({ ports, run, pinned, source, landed, pages, attempt })
    const batch = await walk.run(input)
    await putJson(store, key, batch, attempt)
    return summarise(key, batch, walk.pagesFound)
  } finally {
    await pages.close()
  }
}

interface BatchWalkOptions {
  readonly ports: ActivityPorts
  readonly run: RunReference
  readonly pinned: PinnedRun
  readonly source: PagedSourceDefinition
  readonly landed: ReadonlySet<string>
  readonly pages: PageWalk
  readonly attempt: Attempt
}

class BatchWalk {
  readonly #ports: ActivityPorts
  readonly #run: RunReference
  readonly #pinned: PinnedRun
  readonly #source: PagedSourceDefinition
  readonly #paging: Paging
  readonly #landed: ReadonlySet<string>
  readonly #walk: PageWalk
  readonly #attempt: Attempt
  readonly #uploads = new Set<Promise<void>>()
  readonly #pages: LandedPage[] = []
  #storedBytes = 0
  #uploadFailure: unknown
  pagesFound = 0

  constructor({ ports, run, pinned, source, landed, pages, attempt }: BatchWalkOptions) {
    this.#ports = ports
    this.#run = run
    this.#pinned = pinned
    this.#source = source
    this.#paging = pagingOf(source)
    this.#landed = landed
    this.#walk = pages
    this.#attempt = attempt
  }

  async run({ firstPage, cursor, anchor }: FetchBatchInput): Promise<LandedBatch> {
    const { limits } = this.#pinned.definition
    const watch = new RepeatWatch(this.#run.pipeline, anchor)
    let sourceBytes = 0
    let next = cursor
    try {
      do {
        const at = await walkPosition(firstPage + this.#pages.length, next)
        if (at.pageNumber >= (limits.maxPages ?? Infinity)) throw endless(this.#run, at)
        watch.atCursor(at)
        const page = await this.#page(at, next, watch)
        sourceBytes += page.sizeBytes
        next = page.next
      } while (
        next !== null &&
        sourceBytes < limits.batchBytes &&
        this.#pages.length < maxBatchPages
      )
    } finally {
      await Promise.all(this.#uploads)
    }
    if (this.#uploadFailure !== undefined) throw this.#uploadFailure
    return { pages: this.#pages, next, anchor: watch.anchor, storedBytes: this.#storedBytes }
  }

  async #page(
    at: WalkPosition,
    cursor: string | null,
    watch: RepeatWatch,
  ): Promise<{ sizeBytes: number; next: string | null }> {
    const { definition } = this.#pinned
    const next = this.#paging
    const { format, records: place } = this.#source
    const key = pageKey(this.#run, at, format)
    const found = this.#landed.has(key) ? await this.#readLanded(key) : undefined
    const fetched = found ?? (await this.#walk.page(cursor ?? undefined))
    const { body, nextLink } = fetched
    // Read before it is landed: what is not a page must not be found again by a retry.
    const shape = { format, records: place, next, columns: definition.columns }
    const { nextInBody, ...envelope } = readFetchedPage(fetched, shape)
    const { records } = envelope
    const following = nextCursor(next, { cursor, records, nextInBody, nextLink })
    let digest: string | undefined = found?.digest
    if (comparesContent(next)) {
      digest ??= await digestOf(body)
      watch.atPage(at, digest, records === 0)
    }
    const page = { key, sizeBytes: body.length, ...envelope }
    const index = this.#pages.length
    this.#pages.push({ ...page, digest: digest ?? '' })
    if (found === undefined) {
      await this.#upload(async () => {
        digest ??= await digestOf(body)
        const landing = { body, digest, nextLink }
        const { storedBytes } = await landPage(this.#ports.store, key, landing, this.#attempt)
        this.#pages[index] = { ...page, digest }
        this.#storedBytes += storedBytes
      })
    } else {
      this.#storedBytes += found.storedBytes
      this.pagesFound += 1
    }
    return { sizeBytes: body.length, next: following }
  }

  /** Starts an upload, waiting only while too many are under way; a failure stops the walk. */
  async #upload(start: () => Promise<void>): Promise<void> {
    while (this.#uploads.size >= uploadsInFlight) await Promise.race(this.#uploads)
    if (this.#uploadFailure !== undefined) throw this.#uploadFailure
    const upload = start()
      .catch((error: unknown) => {
        this.#uploadFailure ??= error
      })
      .finally(() => this.#uploads.delete(upload))
    this.#uploads.add(upload)
  }

  async #readLanded(key: ObjectKey) {
    const { store } = this.#ports
    const head = await store.head(key, this.#attempt)
    const digest = head?.metadata['plain-sha256']
    const sizeBytes = Number(head?.metadata['plain-bytes'])
    if (head === undefined || digest === undefined || !Number.isSafeInteger(sizeBytes)) {
      return undefined
    }
    const body = await readLandedPage(store, { key, digest, sizeBytes }, this.#attempt)
    const nextLink = head.metadata['next-link']
    return { body, nextLink, digest, storedBytes: head.sizeBytes }
  }
}

/** The pages at or after a position that are in the store: one listing instead of a request each. */
async function landedFrom(
  { store }: ActivityPorts,
  run: RunReference,
  start: WalkPosition,
  attempt: Attempt,
): Promise<ReadonlySet<string>> {
  const landed = new Set<string>()
  const prefix = `${landingPrefix(run)}page-`
  const startAfter = beforePages(run, start.pageNumber)
  for await (const { key } of store.list(prefix, { ...attempt, startAfter })) landed.add(key)
  return landed
}

async function walkPosition(pageNumber: number, cursor: string | null): Promise<WalkPosition> {
  const digest = await digestOf(Buffer.from(cursor ?? ''))
  return { pageNumber, cursorDigest: digest.slice(0, 16) }
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

function endless(run: RunReference, at: WalkPosition): PipelineError {
  return new PipelineError(
    'PAGE_LIMIT_EXCEEDED',
    `the source goes on after ${at.pageNumber} pages, which is the limit`,
    {
      at: { pipeline: run.pipeline },
      remedy:
        'Raise `limits.max_pages` of the pipeline file: what was landed is not fetched again; or ask for larger pages.',
    },
  )
}
