import { MemoryObjectStore, type ObjectKey, type PutOptions } from '../../../codec/index.ts'
import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import { definitionKey } from '../../../activities/bucket-layout.ts'
import type {
  ItemSource,
  PipelineDefinition,
  PipelineLimits,
  SourceItem,
} from '../../../activities/index.ts'
import { putJson } from '../../../activities/json-object.ts'
import { landItem, type LandedItem } from '../../../activities/land-item.ts'
import type { LandedBatch } from '../../../activities/landing/landed-batch.ts'
import { readLandedPage } from '../../../activities/landing/page-store.ts'
import { readBatch } from '../../../activities/landing/read-batch.ts'
import { listItems } from '../../../activities/list-items.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { RunReference } from '../../../activities/run-reference.ts'
import type { SourceFormat } from '../../../activities/source-definition.ts'

export interface TestStream {
  bytes: Buffer
  /** @default true */
  seekable?: boolean
  /** How long chunks are, over and over. @default 7 */
  chunks?: readonly number[]
  /** Reading throws there. */
  failsAt?: number
}

export interface TestItem {
  readonly place: string
  /** As it is listed. @default as it is opened */
  listed?: string | null
  version: string | undefined
  streams: TestStream[]
}

/** Puts what a test says between the activities and the store. */
class WatchedStore extends MemoryObjectStore {
  /** Keys that were written, in order. */
  readonly written: string[] = []
  beforePut: (key: string) => void = () => {}

  override async put(key: ObjectKey, body: Uint8Array, options: PutOptions): Promise<void> {
    this.beforePut(key)
    await super.put(key, body, options)
    this.written.push(key)
  }
}

export interface ItemBedOptions {
  readonly format?: SourceFormat
  readonly limits?: Partial<PipelineLimits>
  readonly columns?: PipelineDefinition['columns']
}

const unused = {
  target: undefined as never,
  duckDb: undefined as never,
  starter: undefined as never,
  pages: undefined as never,
}

/** A source of items in memory, and a store behind the activities that land them. */
export class ItemBed {
  readonly store = new WatchedStore()
  readonly items: TestItem[] = []
  /** Ranges of bytes that were read, as `place#stream start-end`. */
  readonly read: string[] = []
  listings = 0
  opened = 0
  closed = 0
  ports: ActivityPorts = { ...unused, store: this.store, items: this.#source() }
  controller = new AbortController()
  run: RunReference = {
    pipeline: 'landed',
    partition: '2001',
    datasetId: 'dataset-1' as DatasetId,
    landing: { fetchKey: 'f', sequence: 1 },
  }
  readonly #options: ItemBedOptions

  constructor(options: ItemBedOptions = {}) {
    this.#options = options
  }

  /** An item of one stream. */
  add(place: string, body: Buffer | string, stream: Omit<TestStream, 'bytes'> = {}): TestItem {
    const item = { place, version: 'v1', streams: [{ ...stream, bytes: Buffer.from(body) }] }
    this.items.push(item)
    return item
  }

  /** Begins a run over the same landing, with a list of its own. */
  async begin(
    change: {
      readonly limits?: Partial<PipelineLimits>
      /** From the landing of the run before. */
      readonly fromLanding?: boolean
      readonly fromLandingOf?: DatasetId
      /** @default the bed's */
      readonly format?: SourceFormat
      readonly records?: readonly string[]
    } = {},
  ): Promise<number> {
    const before = this.run.datasetId
    const count = Number(this.run.datasetId.slice('dataset-'.length)) + 1
    this.run = { ...this.run, datasetId: `dataset-${count}` as DatasetId }
    const { limits, columns } = this.#options
    const { format = this.#options.format ?? 'ndjson', records = [] } = change
    const definition: PipelineDefinition = {
      name: this.run.pipeline,
      source: { kind: 'file', paths: ['*'], format, records, headers: {} },
      columns: columns ?? [{ name: 'id', from: 'id', type: { kind: 'bigint' }, key: true }],
      onReject: { max: 0 },
      target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
      limits: {
        batchBytes: 40,
        pageBytes: 1000,
        batchesInFlight: 2,
        attempts: 1,
        ...limits,
        ...change.limits,
      },
    }
    await putJson(this.store, definitionKey(this.run), {
      definition,
      interval: { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' },
      requestedAt: '2001-01-01T00:00:00Z',
      fromLandingOf: change.fromLandingOf ?? (change.fromLanding === true ? before : undefined),
    })
    const { itemCount } = await listItems(this.ports, { run: this.run }, this.attempt)
    return itemCount
  }

  get attempt() {
    return { signal: this.controller.signal }
  }

  async land(item = 0, maxBatches = 8192): Promise<LandedItem> {
    return landItem(this.ports, { run: this.run, item, maxBatches }, this.attempt)
  }

  async batches({ landedKey, batches }: LandedItem): Promise<LandedBatch[]> {
    return Promise.all(
      Array.from({ length: batches }, (_, batch) =>
        readBatch(this.store, { batchKey: landedKey, batch }, this.attempt),
      ),
    )
  }

  /** The bodies of an item's pages, in order. */
  async bodies(landed: LandedItem): Promise<Buffer[]> {
    const pages = (await this.batches(landed)).flatMap((batch) => batch.pages)
    return Promise.all(pages.map((page) => readLandedPage(this.store, page, this.attempt)))
  }

  /** Every object of the landing and what it holds. */
  async landing(): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for await (const { key } of this.store.list('landing/')) {
      found.set(key, Buffer.from(await this.store.get(key)).toString('hex'))
    }
    return found
  }

  #source(): ItemSource {
    return {
      list: () => this.#list(),
      open: async ({ item: { place }, signal }) => {
        this.opened += 1
        const found = this.items.find((item) => item.place === place)
        if (found === undefined) throw new Error('no such item')
        return {
          version: found.version,
          streams: found.streams.map((stream, number) => ({
            isSeekable: stream.seekable ?? true,
            read: (from) => this.#read(`${place}#${number}`, stream, from, signal),
          })),
          close: async () => {
            this.closed += 1
          },
        }
      },
    }
  }

  async *#list(): AsyncGenerator<SourceItem> {
    this.listings += 1
    for (const { place, version = null, listed = version } of this.items) {
      yield { place, version: listed, sizeBytes: null }
    }
  }

  async *#read(name: string, stream: TestStream, from: number, signal: AbortSignal) {
    const { bytes, chunks = [7], failsAt = Infinity } = stream
    let at = from
    try {
      for (let index = 0; at < bytes.length; index += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        signal.throwIfAborted()
        const end = Math.min(at + (chunks[index % chunks.length] ?? 7), bytes.length, failsAt)
        if (end <= at) throw new Error('the stream broke')
        const chunk = bytes.subarray(at, end)
        at = end
        yield chunk
      }
    } finally {
      this.read.push(`${name} ${from}-${at}`)
    }
  }
}
