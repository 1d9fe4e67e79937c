import { MemoryObjectStore } from '../../../codec/index.ts'
import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import { definitionKey } from '../../../activities/bucket-layout.ts'
import {
  fetchBatch,
  type FetchBatchInput,
  type FetchedBatch,
} from '../../../activities/fetch-batch.ts'
import { putJson } from '../../../activities/json-object.ts'
import type {
  FetchedPage,
  Pagination,
  PipelineDefinition,
  PipelineLimits,
} from '../../../activities/index.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { TextFormat } from '../../../activities/source-definition.ts'
import type { RunReference } from '../../../activities/run-reference.ts'

const run: RunReference = {
  pipeline: 'walked',
  partition: '2001',
  datasetId: 'dataset' as DatasetId,
  landing: { fetchKey: 'f', sequence: 1 },
}

/** Fetching has nothing to do with these. */
const unused = {
  target: undefined as never,
  duckDb: undefined as never,
  items: undefined as never,
  starter: undefined as never,
}

export interface WalkOptions {
  /** @default 'json' */
  readonly format?: TextFormat
  readonly limits?: Partial<PipelineLimits>
  readonly concurrency?: number
  /** Pages within which the walk has to end. @default 40 */
  readonly mostPages?: number
}

export interface Walk {
  /** What each batch gave. */
  readonly batches: readonly FetchedBatch[]
  /** What the source was asked for, in order; undefined for the first page. */
  readonly asked: readonly (string | undefined)[]
}

type Answer = (cursor: string | undefined) => string | FetchedPage | Promise<string | FetchedPage>

/** A source to walk through as the workflow does, batch after batch, with the store behind it. */
export class WalkedSource {
  readonly store = new MemoryObjectStore()
  readonly #definition: PipelineDefinition
  readonly #answer: Answer
  readonly #mostPages: number

  constructor(next: Pagination, answer: Answer, options: WalkOptions = {}) {
    this.#answer = answer
    const { format = 'json', limits, concurrency, mostPages = 40 } = options
    this.#mostPages = mostPages
    this.#definition = {
      name: run.pipeline,
      source: {
        kind: 'http',
        url: 'http://h',
        query: {},
        headers: {},
        format,
        records: next.kind === 'cursor' ? ['data'] : [],
        next,
        concurrency,
      },
      columns: [{ name: 'id', from: 'id', type: { kind: 'bigint' }, key: true }],
      onReject: { max: 0 },
      target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
      // By default each page is a batch, so that all that is known goes from one to the next.
      limits: { batchBytes: 1, pageBytes: 1000, batchesInFlight: 2, attempts: 1, ...limits },
    }
  }

  /** @throws Error when the walk does not end within `mostPages` */
  async walk(): Promise<Walk> {
    const asked: (string | undefined)[] = []
    await putJson(this.store, definitionKey(run), {
      definition: this.#definition,
      interval: { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' },
      requestedAt: '2001-01-01T00:00:00Z',
    })
    const ports: ActivityPorts = {
      ...unused,
      store: this.store,
      pages: {
        openWalk: () => ({
          page: async (cursor) => {
            asked.push(cursor)
            if (asked.length > this.#mostPages) throw new Error('the walk goes on and on')
            const answer = await this.#answer(cursor)
            return typeof answer === 'string'
              ? { body: Buffer.from(answer), nextLink: undefined }
              : answer
          },
          close: async () => {},
        }),
      },
    }
    const batches: FetchedBatch[] = []
    let input: FetchBatchInput = { run, firstPage: 0, cursor: null, anchor: null }
    for (;;) {
      const batch = await fetchBatch(ports, input, { signal: new AbortController().signal })
      batches.push(batch)
      if (batch.next === null) return { batches, asked }
      const firstPage = input.firstPage + batch.pages
      // As through a history: plain JSON.
      const anchor = JSON.parse(JSON.stringify(batch.anchor))
      input = { run, firstPage, cursor: batch.next, anchor }
    }
  }
}
