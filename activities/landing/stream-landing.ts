import type { ItemStream } from '../item-source.ts'
import { emptyItem } from './item-error.ts'
import type { ItemLanding, KeptBatch, KeptPage } from './item-landing.ts'
import { maxBatchPages, type LandedPage } from './landed-batch.ts'
import { PageReader } from './page-reader.ts'
import { readItemPage } from './read-item-page.ts'
import { csvHeader } from './record-ends.ts'
import type { PageShape } from './read-page.ts'
import type { UploadQueue } from './upload-queue.ts'

export interface StreamLandingOptions {
  readonly landing: ItemLanding
  readonly shape: PageShape
  readonly stream: ItemStream
  /** Position among the item's streams. */
  readonly number: number
  /** What pages are cut at. */
  readonly targetBytes: number
  readonly uploads: UploadQueue
  /** Called for each batch, before it is made. */
  readonly countBatch: () => void
  readonly signal: AbortSignal
}

export interface LandedStream {
  readonly batches: readonly KeptBatch[]
  readonly endBytes: number
  readonly storedBytes: number
  /** Pages that were in the store already. */
  readonly pagesFound: number
}

/** The next page of the stream, wherever it comes from. */
interface NextPage {
  readonly startBytes: number
  readonly endBytes: number
  readonly sizeBytes: number
  readonly isLast: boolean
  /** Begins to put it into the store, where it is not there yet. */
  land(): Promise<{ readonly made: Promise<KeptPage> }>
}

/** Lands one stream of an item: cuts it into pages, and lists these in batches. */
export class StreamLanding {
  readonly #options: StreamLandingOptions
  readonly #reader: PageReader
  #header: Buffer | undefined
  #firstPage: LandedPage | undefined
  #records = 0
  #pagesFound = 0

  constructor(options: StreamLandingOptions) {
    this.#options = options
    const { landing, shape, stream, targetBytes, signal } = options
    const { place: item, limits } = landing.options
    const { format } = shape
    const { pageBytes } = limits
    this.#reader = new PageReader(stream, { item, format, targetBytes, pageBytes, signal })
  }

  /** Goes from batch to batch; a page that does not fit in one begins the next. */
  async run(): Promise<LandedStream> {
    const { landing, number, countBatch } = this.#options
    const batches: Promise<KeptBatch>[] = []
    let at = 0
    let page: NextPage | undefined
    try {
      for (;;) {
        const found = await landing.findBatch(number, at)
        if (found !== undefined) {
          countBatch()
          this.#note(found.batch.pages, at)
          this.#pagesFound += found.batch.pages.length
          batches.push(Promise.resolve(found))
          at = found.endBytes
          page = undefined
          if (found.batch.next === null) break
          continue
        }
        page ??= await this.#next(at)
        if (page === undefined) break
        countBatch()
        const open = await this.#makeBatch(page)
        batches.push(open.made)
        at = open.endBytes
        page = open.following
        if (open.isLast) break
      }
    } finally {
      await this.#reader.close()
    }
    const made = await Promise.all(batches)
    const storedBytes = made.reduce((sum, { batch }) => sum + batch.storedBytes, 0)
    return { batches: made, endBytes: at, storedBytes, pagesFound: this.#pagesFound }
  }

  async #makeBatch(first: NextPage): Promise<{
    readonly made: Promise<KeptBatch>
    readonly endBytes: number
    readonly isLast: boolean
    readonly following: NextPage | undefined
  }> {
    const { landing, number: stream, uploads } = this.#options
    const { batchBytes } = landing.options.limits
    const { startBytes } = first
    const pages: Promise<KeptPage>[] = []
    let sizeBytes = 0
    let last = first
    let following: NextPage | undefined = first
    while (following !== undefined) {
      if (sizeBytes > 0 && sizeBytes + following.sizeBytes > batchBytes) break
      if (pages.length === maxBatchPages) break
      last = following
      sizeBytes += last.sizeBytes
      const { made } = await last.land()
      pages.push(made)
      following = last.isLast ? undefined : await this.#next(last.endBytes)
    }
    const { endBytes } = last
    const isLast = following === undefined
    const { made } = await uploads.begin(async () =>
      landing.putBatch({ stream, startBytes, endBytes }, await Promise.all(pages), isLast),
    )
    return { made, endBytes, isLast, following }
  }

  /** The page that begins at a position: found, or cut from the stream; undefined at its end. */
  async #next(at: number): Promise<NextPage | undefined> {
    const { landing, shape, number: stream, uploads } = this.#options
    const found = await landing.findPage(stream, at)
    if (found !== undefined) {
      const { page, endBytes } = found
      const land = async () => {
        this.#note([page], at)
        this.#pagesFound += 1
        return { made: Promise.resolve(found) }
      }
      return { startBytes: at, endBytes, sizeBytes: page.sizeBytes, isLast: false, land }
    }
    const { place: item } = landing.options
    const header = shape.format === 'csv' && at > 0 ? await this.#csvHeader() : undefined
    const cut = await this.#reader.pageAt(at, header)
    if (cut === undefined) {
      if (at === 0 && shape.format !== 'ndjson') throw emptyItem(item, 'the file is empty')
      return undefined
    }
    if (at === 0 && shape.format === 'csv') this.#header = csvHeader(cut.body)
    // Read before it is landed: what is no page must not be found again by a retry.
    const envelope = readItemPage(cut, shape, { item, recordsBefore: this.#records })
    const facts = { format: shape.format, ...envelope }
    const { startBytes, endBytes, isLast } = cut
    const land = () => {
      this.#records += facts.records
      return uploads.begin(() => landing.putPage(stream, cut, facts))
    }
    return { startBytes, endBytes, sizeBytes: cut.body.length, isLast, land }
  }

  #note(pages: readonly LandedPage[], startBytes: number): void {
    if (startBytes === 0) this.#firstPage = pages[0]
    for (const { records } of pages) this.#records += records ?? 0
  }

  /** Each page of CSV begins with it. */
  async #csvHeader(): Promise<Buffer | undefined> {
    if (this.#header === undefined && this.#firstPage !== undefined) {
      this.#header = csvHeader(await this.#options.landing.readPage(this.#firstPage))
    }
    return this.#header
  }
}
