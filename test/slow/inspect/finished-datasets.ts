import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import { definitionKey, landingStateKey } from '../../../activities/bucket-layout.ts'
import { convertBatch } from '../../../activities/convert-batch.ts'
import { fetchBatch, type FetchBatchInput } from '../../../activities/fetch-batch.ts'
import { fetchKeyOf } from '../../../activities/fetch-key.ts'
import type { PipelineDefinition } from '../../../activities/index.ts'
import { putJson } from '../../../activities/json-object.ts'
import { landItem } from '../../../activities/land-item.ts'
import { partsPerItem } from '../../../activities/landing/part-pages.ts'
import { listItems } from '../../../activities/list-items.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import { partsPlace } from '../../../activities/reprocess/parts-place.ts'
import { sealParts } from '../../../activities/reprocess/seal-parts.ts'
import type { PinnedRun, RunReference } from '../../../activities/run-reference.ts'
import { sealDataset } from '../../../activities/seal-dataset.ts'
import type { SourceDefinition } from '../../../activities/source-definition.ts'
import { transformDataset } from '../../../activities/transform-dataset.ts'
import { transformedColumns } from '../../../activities/transformed-columns.ts'
import { MemoryObjectStore } from '../../../codec/index.ts'
import type { DuckDb } from '../../../activities/conversion/duck-db.ts'
import { columnsOf } from '../../unit/activities/convert-bodies.ts'

const partition = '2001'
const interval = { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' }
const attempt = { signal: new AbortController().signal }

/** Of a source that is walked through: a page each, the last one empty. */
const walked: SourceDefinition = {
  kind: 'http',
  url: 'http://source.invalid',
  query: {},
  headers: {},
  format: 'json',
  records: [],
  next: { kind: 'page', parameter: 'page', first: 1 },
}

const pages = ['[{"id":1,"t":"a"},{"id":2,"t":"b"}]', '[{"id":"x"},{"id":3}]', '[{"id":4}]', '[]']

interface Item {
  readonly listed: string | null
  readonly version: string
  readonly body: Buffer
}

export interface FinishedOptions {
  readonly duckDb: DuckDb
  /** By their places; a source that is walked through where there are none. */
  readonly items?: Readonly<Record<string, Item>>
  /** Of the items. */
  readonly format?: 'json' | 'parquet'
  /** Whether a transform makes all rows together. */
  readonly isTransformed?: boolean
  readonly batchBytes?: number
}

/** Datasets that runs have finished, with what they were made from, in a store of their own. */
export class FinishedDatasets {
  readonly store = new MemoryObjectStore()
  readonly #options: FinishedOptions
  readonly #ports: ActivityPorts
  #count = 0

  constructor(options: FinishedOptions) {
    this.#options = options
    this.#ports = {
      store: this.store,
      pages: {
        openWalk: () => ({
          page: async (cursor) => ({
            body: Buffer.from(pages[Number(cursor ?? 1) - 1] ?? ''),
            nextLink: undefined,
          }),
          close: async () => {},
        }),
      },
      items: {
        async *list() {
          for (const [place, { listed }] of Object.entries(options.items ?? {})) {
            yield { place, version: listed, sizeBytes: null }
          }
        },
        open: async ({ item: { place } }) => {
          const { version = '', body = Buffer.alloc(0) } = options.items?.[place] ?? {}
          const read = async function* (from: number) {
            yield body.subarray(from)
          }
          return { version, streams: [{ isSeekable: true, read }], close: async () => {} }
        },
      },
      target: undefined as never,
      duckDb: options.duckDb,
      starter: undefined as never,
    }
  }

  /** A dataset as a load makes it; or one that is made again of the landing or the parts of another. */
  async make(again?: {
    readonly of: RunReference
    readonly from: 'landing' | 'parts'
  }): Promise<RunReference> {
    const { format = 'json', items, isTransformed = false, batchBytes = 30, duckDb } = this.#options
    const definition: PipelineDefinition = {
      name: 'finished',
      source:
        items === undefined
          ? walked
          : { kind: 'file', paths: ['*'], format, records: [], headers: {} },
      columns: columnsOf({ id: 'bigint', t: 'text' }),
      onReject: { max: 9 },
      target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
      limits: { batchBytes, pageBytes: 1_000_000, batchesInFlight: 2, attempts: 1 },
      ...(isTransformed
        ? { transform: { scope: 'dataset' as const, sql: 'SELECT id, upper(t) AS t FROM input' } }
        : {}),
    }
    const slice = { partition, interval, highWaterMark: undefined }
    const fetchKey = await fetchKeyOf(definition.source, slice)
    const landing = { fetchKey, sequence: 1 }
    this.#count += 1
    const datasetId = `11111111-2222-4333-8444-00000000000${this.#count}` as DatasetId
    const run: RunReference = { pipeline: definition.name, partition, datasetId, landing }
    const pinned: PinnedRun = {
      definition,
      interval,
      requestedAt: interval.end,
      transformed: await transformedColumns(duckDb, definition, attempt.signal),
      landing,
      ...(again === undefined
        ? {}
        : { reprocessing: { datasetId: again.of.datasetId, from: again.from } }),
      ...(again?.from === 'landing' ? { fromLandingOf: again.of.datasetId } : {}),
    }
    await putJson(this.store, definitionKey(run), pinned)
    await putJson(this.store, landingStateKey({ ...run, fetchKey }), { sequence: 1, datasetId })
    if (again?.from === 'parts') {
      const partsOf = partsPlace(again.of)
      await sealParts(this.#ports, { run: { ...run, partsOf } }, attempt)
      return run
    }
    const counts = items === undefined ? await this.#walk(run) : await this.#land(run)
    if (!isTransformed) {
      await sealDataset(this.#ports, { run, ...counts }, attempt)
      return run
    }
    const made = await transformDataset(this.#ports, { run, partCount: counts.partCount }, attempt)
    const { transformId, partCount, rowCount } = made
    const sealed = { partCount, rowCount, rejectCount: counts.rejectCount }
    await sealDataset(this.#ports, { run: { ...run, transformId }, ...sealed }, attempt)
    return { ...run, transformId }
  }

  async #walk(run: RunReference) {
    let sum = { partCount: 0, rowCount: 0, rejectCount: 0 }
    let input: FetchBatchInput = { run, firstPage: 0, cursor: null, anchor: null }
    for (;;) {
      const batch = await fetchBatch(this.#ports, input, attempt)
      const { batchKey } = batch
      sum = await this.#convert(sum, { run, batchKey, partNumber: sum.partCount })
      if (batch.next === null) return sum
      const firstPage = input.firstPage + batch.pages
      input = { run, firstPage, cursor: batch.next, anchor: batch.anchor }
    }
  }

  async #land(run: RunReference) {
    let sum = { partCount: 0, rowCount: 0, rejectCount: 0 }
    const { itemCount } = await listItems(this.#ports, { run }, attempt)
    for (let item = 0; item < itemCount; item += 1) {
      const request = { run, item, maxBatches: partsPerItem }
      const { landedKey, batches } = await landItem(this.#ports, request, attempt)
      for (let batch = 0; batch < batches; batch += 1) {
        const partNumber = item * partsPerItem + batch
        sum = await this.#convert(sum, { run, batchKey: landedKey, batch, partNumber })
      }
    }
    return sum
  }

  async #convert(
    sum: { partCount: number; rowCount: number; rejectCount: number },
    input: Parameters<typeof convertBatch>[1],
  ) {
    const { rowCount, rejectCount } = await convertBatch(this.#ports, input, attempt)
    return {
      partCount: sum.partCount + 1,
      rowCount: sum.rowCount + rowCount,
      rejectCount: sum.rejectCount + rejectCount,
    }
  }
}
