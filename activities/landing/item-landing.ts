import { digestOf, type ObjectKey, type ObjectStore } from '../../codec/index.ts'
import type { Attempt } from '../activity-ports.ts'
import {
  itemBatchKey,
  itemPageKey,
  itemPageRange,
  itemPrefix,
  type ItemVersion,
} from '../bucket-layout.ts'
import { getJson, putJson } from '../json-object.ts'
import type { PipelineLimits } from '../pipeline-definition.ts'
import type { RunReference } from '../run-reference.ts'
import type { TextFormat } from '../source-definition.ts'
import { landedBatch, type LandedBatch, type LandedPage } from './landed-batch.ts'
import { landPage, readLandedPage } from './page-store.ts'
import type { CutPage } from './page-reader.ts'

/** A page that is in the store, and what it takes there. */
export interface KeptPage {
  readonly page: LandedPage
  readonly storedBytes: number
}

export interface KeptBatch {
  readonly key: string
  readonly batch: LandedBatch
}

export interface PageFacts {
  readonly format: TextFormat
  readonly records: number
  readonly recordsStart: number | null
}

export interface ItemLandingOptions {
  readonly store: ObjectStore
  readonly run: RunReference
  /** For messages. */
  readonly place: string
  /** As `OpenItem.version`. */
  readonly version: string
  readonly item: ItemVersion
  readonly limits: PipelineLimits
  readonly attempt: Attempt
}

/** Where one version of an item lies in the store: what is there of it, and what is added. */
export class ItemLanding {
  readonly options: ItemLandingOptions
  readonly #keys: ReadonlySet<string>
  /** By stream and start. */
  readonly #pages = new Map<string, { key: ObjectKey; endBytes: number }>()

  private constructor(options: ItemLandingOptions, keys: ReadonlySet<ObjectKey>) {
    this.options = options
    this.#keys = keys
    for (const key of keys) {
      const range = itemPageRange(key)
      if (range === undefined) continue
      this.#pages.set(`${range.stream} ${range.startBytes}`, { key, endBytes: range.endBytes })
    }
  }

  /** With one listing of what is there, instead of a request for each page. */
  static async open(options: ItemLandingOptions): Promise<ItemLanding> {
    const { store, run, item, attempt } = options
    const keys = new Set<ObjectKey>()
    for await (const { key } of store.list(itemPrefix(run, item), attempt)) keys.add(key)
    return new ItemLanding(options, keys)
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  /** The batch that begins there, if it is there with all its pages. */
  async findBatch(
    stream: number,
    startBytes: number,
  ): Promise<(KeptBatch & { readonly endBytes: number }) | undefined> {
    const { store, attempt } = this.options
    const key = this.#batchKey(stream, startBytes)
    if (!this.has(key)) return undefined
    const batch = await getJson(store, key, landedBatch, attempt)
    const { endBytes } = batch
    if (endBytes === undefined || !batch.pages.every((page) => this.has(page.key))) return undefined
    return { key, batch, endBytes }
  }

  /** The page that begins there, if it is there. */
  async findPage(
    stream: number,
    startBytes: number,
  ): Promise<(KeptPage & { readonly endBytes: number }) | undefined> {
    const { store, attempt } = this.options
    const found = this.#pages.get(`${stream} ${startBytes}`)
    if (found === undefined) return undefined
    const head = await store.head(found.key, attempt)
    const { 'plain-sha256': digest, 'plain-bytes': size, records, ...more } = head?.metadata ?? {}
    if (head === undefined || digest === undefined || size === undefined) return undefined
    if (records === undefined) return undefined
    const start = more['records-start']
    return {
      page: {
        key: found.key,
        digest,
        sizeBytes: Number(size),
        records: Number(records),
        recordsStart: start === undefined ? null : Number(start),
      },
      storedBytes: head.sizeBytes,
      endBytes: found.endBytes,
    }
  }

  async putPage(
    stream: number,
    { body, startBytes, endBytes }: CutPage,
    { format, records, recordsStart }: PageFacts,
  ): Promise<KeptPage> {
    const { store, run, item, attempt } = this.options
    const key = itemPageKey(run, item, { stream, startBytes, endBytes }, format)
    const digest = await digestOf(body)
    const facts = {
      records: String(records),
      ...(recordsStart === null ? {} : { 'records-start': String(recordsStart) }),
    }
    const { storedBytes } = await landPage(store, key, { body, digest, facts }, attempt)
    const page = { key, digest, sizeBytes: body.length, records, recordsStart }
    return { page, storedBytes }
  }

  async putBatch(
    range: { readonly stream: number; readonly startBytes: number; readonly endBytes: number },
    pages: readonly KeptPage[],
    isLast: boolean,
  ): Promise<KeptBatch> {
    const { store, attempt } = this.options
    const { stream, startBytes, endBytes } = range
    const key = this.#batchKey(stream, startBytes)
    const batch: LandedBatch = {
      pages: pages.map(({ page }) => page),
      next: isLast ? null : String(endBytes),
      anchor: null,
      storedBytes: pages.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
      endBytes,
    }
    await putJson(store, key, batch, attempt)
    return { key, batch }
  }

  readPage(page: LandedPage): Promise<Buffer> {
    const { store, attempt } = this.options
    return readLandedPage(store, page, attempt)
  }

  #batchKey(stream: number, startBytes: number): ObjectKey {
    const { run, item, limits } = this.options
    return itemBatchKey(run, item, { stream, startBytes, batchBytes: limits.batchBytes })
  }
}
