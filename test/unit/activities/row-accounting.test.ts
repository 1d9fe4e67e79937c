import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import type { ActivityPorts } from '../../../activities/activity-ports.ts'
import { definitionKey, partKey, rejectsKey } from '../../../activities/bucket-layout.ts'
import { convertBatch } from '../../../activities/convert-batch.ts'
import { getJson, putJson } from '../../../activities/json-object.ts'
import { landedBatch, type LandedPage } from '../../../activities/landing/landed-batch.ts'
import { landPage } from '../../../activities/landing/page-store.ts'
import { readPage } from '../../../activities/landing/read-page.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { PipelineDefinition } from '../../../activities/pipeline-definition.ts'
import type { RunReference } from '../../../activities/run-reference.ts'
import { datasetManifest, sealDataset } from '../../../activities/seal-dataset.ts'
import { digestOf, MemoryObjectStore, type ObjectKey } from '../../../codec/index.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from './convert-bodies.ts'

const attempt = { signal: new AbortController().signal }
const run: RunReference = {
  pipeline: 'accounted',
  partition: '2001',
  datasetId: 'dataset' as DatasetId,
  landing: { fetchKey: 'f', sequence: 1 },
}
const definition: PipelineDefinition = {
  name: run.pipeline,
  source: {
    kind: 'http',
    url: 'http://source.invalid',
    query: {},
    headers: {},
    format: 'csv',
    records: [],
    next: { kind: 'none' },
  },
  columns: columnsOf({ id: 'integer', t: 'text' }),
  onReject: { max: 9 },
  target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
  limits: { batchBytes: 1, pageBytes: 1000, batchesInFlight: 2, attempts: 1 },
}
const body = Buffer.from('id,t\n1,"one\n1"\n2\n3,"three"\n')
const batchKey = 'landing/batch.json' as ObjectKey
const made = { run, partCount: 1, rowCount: 2, rejectCount: 1 }

describe('the records of a run', () => {
  const bed = useDuckDb()
  let ports: ActivityPorts
  let store: MemoryObjectStore

  before(() => {
    ports = {
      store: undefined as never,
      pages: undefined as never,
      items: undefined as never,
      starter: undefined as never,
      target: undefined as never,
      duckDb: bed.duckDb,
    }
  })

  beforeEach(async () => {
    store = new MemoryObjectStore()
    ports = { ...ports, store }
    await putJson(store, definitionKey(run), {
      definition,
      interval: { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' },
      requestedAt: '2001-01-01T00:00:00Z',
    })
  })

  async function convert(change: Partial<LandedPage> = {}) {
    const { records, recordsStart } = readPage(body, {
      format: 'csv',
      records: [],
      next: { kind: 'none' },
      columns: definition.columns,
    })
    const key = 'landing/page.csv.zst' as ObjectKey
    const digest = await digestOf(body)
    await landPage(store, key, { body, digest, nextLink: undefined }, attempt)
    const page = { key, digest, sizeBytes: body.length, records, recordsStart, ...change }
    await putJson(store, batchKey, { pages: [page], next: null, anchor: null, storedBytes: 1 })
    return convertBatch(ports, { run, batchKey, partNumber: 0 }, attempt)
  }

  /** Writes the object again with other metadata. */
  async function miscount(key: ObjectKey, change: Record<string, string>): Promise<void> {
    const metadata = { ...(await store.head(key))?.metadata, ...change }
    await store.put(key, await store.get(key), { contentType: 'text/plain', metadata })
  }

  test('add up from the page to the manifest, of CSV too', async () => {
    const { rowCount, rejectCount } = await convert()
    assert.deepEqual({ rowCount, rejectCount }, { rowCount: 2, rejectCount: 1 })
    const { manifestKey } = await sealDataset(ports, made, attempt)
    const manifest = await getJson(store, manifestKey as ObjectKey, datasetManifest, attempt)
    assert.deepEqual([manifest.recordCount, manifest.rowCount, manifest.rejectCount], [3, 2, 1])
    const batch = await getJson(store, batchKey, landedBatch, attempt)
    assert.equal(batch.pages[0]?.records, 3)
  })

  test('are taken as counted where an earlier version did not count them', async () => {
    assert.equal((await convert({ records: null })).rowCount, 2)
    const head = await store.head(partKey(run, 0))
    const { records: _, ...metadata } = head?.metadata ?? {}
    await store.put(partKey(run, 0), await store.get(partKey(run, 0)), {
      contentType: 'text/plain',
      metadata,
    })
    const { manifestKey } = await sealDataset(ports, made, attempt)
    const manifest = await getJson(store, manifestKey as ObjectKey, datasetManifest, attempt)
    assert.equal(manifest.recordCount, 3)
  })

  test('that were landed and are not read are missed', async () => {
    await assert.rejects(convert({ records: 4 }), {
      code: 'ROWS_LOST',
      retryable: false,
      message: /landed with 4 records and 3 were read/,
    })
  })

  test('that are missing when the dataset is sealed are missed, wherever they went', async () => {
    const cases: [() => Promise<unknown>, Partial<typeof made>, RegExp][] = [
      [() => store.delete([partKey(run, 0)]), {}, /0 parts with 0 rows, the run made 1 with 2/],
      [
        () => miscount(partKey(run, 0), { rows: '1' }),
        {},
        /1 parts with 1 rows, the run made 1 with 2/,
      ],
      [
        () => store.delete([rejectsKey(run, 0)]),
        {},
        /the store has 0 rejects, the run set 1 aside/,
      ],
      [
        () => miscount(partKey(run, 0), { records: '4' }),
        {},
        /4 records were served, 2 converted and 1 set aside/,
      ],
      [() => Promise.resolve(), { rejectCount: 2 }, /the store has 1 rejects, the run set 2 aside/],
    ]
    for (const [damage, change, message] of cases) {
      await convert()
      await damage()
      await assert.rejects(sealDataset(ports, { ...made, ...change }, attempt), {
        code: 'ROWS_LOST',
        message,
      })
    }
  })
})
