import { digestOf, type ObjectKey } from '../../codec/index.ts'
import type { ActivityPorts, Attempt } from '../activity-ports.ts'
import { pageKey, type WalkPosition } from '../bucket-layout.ts'
import type { FetchedPage, PageWalk } from '../page-source.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { PinnedRun, RunReference } from '../run-reference.ts'
import type { PagedSourceDefinition } from '../source-definition.ts'
import {
  maxBatchPages,
  type LandedBatch,
  type LandedPage,
  type WalkAnchor,
} from './landed-batch.ts'
import { nextCursor, pagingOf, proofCursor, type Paging, type WalkedPage } from './next-cursor.ts'
import { landPage, readLandedPage } from './page-store.ts'
import { PagesAhead } from './pages-ahead.ts'
import { proveEnd, type RecordsOfPage } from './prove-end.ts'
import { readFetchedPage } from './read-fetched-page.ts'
import type { PageEnvelope } from './read-page.ts'
import { comparesContent, RepeatWatch } from './repeat-watch.ts'
import { UploadQueue } from './upload-queue.ts'

/** Where in the walk through the source a batch begins. */
export interface BatchStart {
  /** Position of its first page, from 0. */
  readonly firstPage: number
  /** Null for the first page of all. */
  readonly cursor: string | null
  readonly anchor: WalkAnchor | null
}

export interface BatchWalkOptions {
  readonly ports: ActivityPorts
  readonly run: RunReference
  readonly pinned: PinnedRun
  readonly source: PagedSourceDefinition
  /** Pages that are asked for at once. */
  readonly concurrency: number
  readonly landed: ReadonlySet<string>
  readonly pages: PageWalk
  readonly attempt: Attempt
}

/** Walks a source from a cursor until the batch is full, landing each page as it is. */
export class BatchWalk {
  readonly #ports: ActivityPorts
  readonly #run: RunReference
  readonly #pinned: PinnedRun
  readonly #source: PagedSourceDefinition
  readonly #paging: Paging
  readonly #landed: ReadonlySet<string>
  readonly #ahead: PagesAhead
  /** Whether nothing but this tells that a walk through empty pages has no end. */
  readonly #watchesEmpty: boolean
  readonly #attempt: Attempt
  readonly #uploads = new UploadQueue()
  readonly #pages: LandedPage[] = []
  #storedBytes = 0
  pagesFound = 0

  constructor(options: BatchWalkOptions) {
    const { ports, run, pinned, source, concurrency, landed, pages, attempt } = options
    this.#ports = ports
    this.#run = run
    this.#pinned = pinned
    this.#source = source
    this.#paging = pagingOf(source)
    this.#landed = landed
    this.#attempt = attempt
    const { maxPages } = pinned.definition.limits
    this.#watchesEmpty = maxPages === undefined
    this.#ahead = new PagesAhead({
      walk: pages,
      next: this.#paging,
      concurrency,
      isNeedless: async (pageNumber, cursor) =>
        pageNumber >= (maxPages ?? Infinity) ||
        landed.has(this.#key(await walkPosition(pageNumber, cursor))),
    })
  }

  async run({ firstPage, cursor, anchor }: BatchStart): Promise<LandedBatch> {
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
      if (next !== null) await this.#landRest()
      await this.#uploads.finish()
    } finally {
      await this.#uploads.settle()
    }
    return { pages: this.#pages, next, anchor: watch.anchor, storedBytes: this.#storedBytes }
  }

  async #page(
    at: WalkPosition,
    cursor: string | null,
    watch: RepeatWatch,
  ): Promise<{ sizeBytes: number; next: string | null }> {
    const next = this.#paging
    const key = this.#key(at)
    const found = this.#landed.has(key) ? await this.#readLanded(key) : undefined
    const fetched = found ?? (await this.#ahead.page(at.pageNumber, cursor))
    const { body, nextLink } = fetched
    // Read before it is landed: what is not a page must not be found again by a retry.
    const read = this.#read(fetched)
    const { nextInBody, recordsEnd: _, ...envelope } = read
    const { records } = envelope
    const walked = { cursor, records, nextInBody, nextLink }
    const following = nextCursor(next, walked)
    if (found === undefined) await this.#proveEnd(at, walked, recordsOf(body, read))
    if (this.#watchesEmpty) watch.atEmpty(at, records === 0 && following !== null)
    let digest: string | undefined = found?.digest
    if (comparesContent(next)) {
      digest ??= await digestOf(body)
      watch.atPage(at, digest, records === 0)
    } else if (next.kind === 'cursor' && records > 0) {
      await watch.atRecords(at, recordsOf(body, read).bytes)
    }
    const page = { key, sizeBytes: body.length, ...envelope }
    const index = this.#pages.length
    this.#pages.push({ ...page, digest: digest ?? '' })
    if (found === undefined) {
      await this.#uploads.begin(async () => {
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

  async #proveEnd(
    { pageNumber }: WalkPosition,
    page: WalkedPage,
    last: RecordsOfPage,
  ): Promise<void> {
    const cursor = proofCursor(this.#paging, page)
    if (cursor === undefined) return
    await proveEnd({
      pipeline: this.#run.pipeline,
      last,
      beyond: async () => {
        const further = await this.#ahead.pageAlone(pageNumber + 1, cursor)
        return recordsOf(further.body, this.#read(further))
      },
    })
  }

  /** Pages that came early are not asked for again: the next batch finds them. */
  async #landRest(): Promise<void> {
    for (const { pageNumber, cursor, page } of await this.#ahead.rest()) {
      try {
        this.#read(page)
      } catch {
        // When its turn comes it is asked for again, and this is told if it is still so.
        continue
      }
      const { body, nextLink } = page
      const key = this.#key(await walkPosition(pageNumber, cursor))
      await this.#uploads.begin(async () => {
        const landing = { body, digest: await digestOf(body), nextLink }
        await landPage(this.#ports.store, key, landing, this.#attempt)
      })
    }
  }

  #key(at: WalkPosition): ObjectKey {
    return pageKey(this.#run, at, this.#source.format)
  }

  #read(page: Pick<FetchedPage, 'body' | 'answer'>): PageEnvelope {
    const { format, records } = this.#source
    const { columns } = this.#pinned.definition
    return readFetchedPage(page, { format, records, next: this.#paging, columns })
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

/** What names the place of a page. */
export async function walkPosition(
  pageNumber: number,
  cursor: string | null,
): Promise<WalkPosition> {
  const digest = await digestOf(Buffer.from(cursor ?? ''))
  return { pageNumber, cursorDigest: digest.slice(0, 16) }
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

function recordsOf(
  body: Buffer,
  { records, recordsStart, recordsEnd }: PageEnvelope,
): RecordsOfPage {
  return { count: records, bytes: body.subarray(recordsStart ?? 0, recordsEnd ?? body.length) }
}
