import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { listDatasetFolders } from '../../../activities/retention/dataset-folders.ts'
import type { RunReference } from '../../../activities/run-reference.ts'
import type { MemoryObjectStore, ObjectKey } from '../../../codec/index.ts'
import { verifyObjects } from '../../../src/inspect/blobs/verify-objects.ts'
import { checkLanding } from '../../../src/inspect/datasets/check-landing.ts'
import { verifyDataset } from '../../../src/inspect/datasets/verify-dataset.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { FinishedDatasets, type FinishedOptions } from './finished-datasets.ts'

const { signal } = new AbortController()

const json = (text: string, version = 'v1', listed: string | null = version) => ({
  listed,
  version,
  body: Buffer.from(text),
})

const textItems = {
  'a.json': json('[{"id":1,"t":"a"},{"id":"x"}]'),
  'b.json': json('[{"id":2,"t":"b"}]', 'v2', 'v1'),
  'c.json': json('[{"id":3,"t":"c"}]', 'v1', null),
}

/** What nothing leads to, and why it may go: docs/cli.md says it. */
const needless = /\/(?:fields|converted)-/

const ofWalkAgain = 'of a walk, made again of its landing'

describe('each object of a finished dataset, and of what it was made from', () => {
  const bed = useDuckDb()

  async function parquetItems() {
    const body = async (rows: number): Promise<Buffer> => {
      const path = join(bed.folder, `${rows}.parquet`)
      await bed.duckDb.withConnection(signal, (connection) =>
        connection.run(
          `COPY (SELECT range AS id, md5(range::VARCHAR) AS t FROM range(${rows})) TO '${path}' (ROW_GROUP_SIZE 2048)`,
        ),
      )
      return readFile(path)
    }
    return {
      'large.parquet': { listed: 'v1', version: 'v1', body: await body(5000) },
      'small.parquet': { listed: 'v1', version: 'v1', body: await body(10) },
    }
  }

  type Made = Omit<FinishedOptions, 'duckDb'> & { readonly again?: 'landing' | 'parts' }

  const kinds: Readonly<Record<string, () => Promise<Made>>> = {
    'of a walk': async () => ({}),
    [ofWalkAgain]: async () => ({ again: 'landing' }),
    'that has the parts of another': async () => ({ again: 'parts' }),
    'that is transformed as a whole': async () => ({ isTransformed: true }),
    'of items': async () => ({ items: textItems }),
    'of items, made again of their landing': async () => ({ items: textItems, again: 'landing' }),
    'of Parquet files': async () => ({
      items: await parquetItems(),
      format: 'parquet',
      batchBytes: 100_000,
    }),
  }

  for (const [kind, options] of Object.entries(kinds)) {
    test(`${kind}: is named where it is gone, and where it is damaged`, async () => {
      const { again, ...made } = await options()
      const datasets = new FinishedDatasets({ ...made, duckDb: bed.duckDb })
      const { store } = datasets
      const first = await datasets.make()
      const run = again === undefined ? first : await datasets.make({ of: first, from: again })
      assert.deepEqual(await found(store, run), [])
      const keys = await keysOf(store, run, again === 'parts' ? first : run)
      assert.ok(keys.length > 8, keys.join('\n'))
      for (const key of keys) {
        const body = Buffer.from(await store.get(key))
        const { contentType = '', metadata = {} } = (await store.head(key)) ?? {}
        await store.delete([key])
        const missed = await found(store, run)
        // Of the walk that has landed it, whose own dataset misses them.
        const isOfOther = kind === ofWalkAgain && /^landing\/.*\/batch-/.test(key)
        if (!isOfOther && !needless.test(key))
          assert.ok(missed.includes(key), `${key} gone: ${missed.join()}`)

        const changed = Buffer.from(body)
        const at = Math.floor(changed.length / 2)
        changed[at] = (changed[at] ?? 0) ^ 1
        await store.put(key, changed, { contentType, metadata })
        const damaged = await found(store, run)
        assert.ok(damaged.includes(key), `${key} damaged: ${damaged.join()}`)
        await store.put(key, body, { contentType, metadata })
      }
      assert.deepEqual(await found(store, run), [])
    })
  }

  test('is missed by the list that names it, where the whole bucket is looked at', async () => {
    const options = { ...(await kinds['of Parquet files']?.()), duckDb: bed.duckDb }
    for (const { store, maker, run } of [
      await madeTwice(new FinishedDatasets(options)),
      await madeTwice(new FinishedDatasets({ items: textItems, duckDb: bed.duckDb }), 'landing'),
      await madeTwice(new FinishedDatasets({ duckDb: bed.duckDb }), 'parts'),
    ]) {
      const keys = await keysOf(store, run, maker)
      const named = /\/(?:page-|part-|rejects-|batch-|items-|definition\.)|\/item-.*\/batches\./
      const ofLanding = keys.filter((key) => /^landing\/.*\/item-/.test(key))
      // Nothing but a walk, or a run, leads to these.
      const unnamed = (key: string): boolean =>
        (/\/batch-/.test(key) && !/\/item-/.test(key)) ||
        (/\/batches\./.test(key) && !ofLanding.some((one) => one === key))
      for (const key of keys.filter((one) => named.test(one) && !unnamed(one))) {
        const body = await store.get(key)
        const { contentType = '', metadata = {} } = (await store.head(key)) ?? {}
        await store.delete([key])
        assert.ok((await missing(store)).includes(key), key)
        await store.put(key, body, { contentType, metadata })
      }
      assert.deepEqual(await missing(store), [])
    }
  })

  test('is not missed while retention takes the landing, lists first', async () => {
    await whileTaken(new FinishedDatasets({ duckDb: bed.duckDb }))
    await whileTaken(new FinishedDatasets({ items: textItems, duckDb: bed.duckDb }))
  })

  test('is not missed where the landing is gone as a whole, as after retention', async () => {
    for (const items of [undefined, textItems]) {
      const datasets = new FinishedDatasets({
        duckDb: bed.duckDb,
        ...(items === undefined ? {} : { items }),
      })
      const { store, run } = await madeTwice(datasets, 'landing')
      const all = await keysOf(store, run)
      await store.delete(all.filter((key) => /^landing\/.*\/0001\//.test(key)))
      assert.deepEqual(await found(store, run), [])
      assert.deepEqual(await missing(store), [])
    }
  })
})

async function whileTaken(datasets: FinishedDatasets): Promise<void> {
  const { store, run } = await madeTwice(datasets, 'landing')
  const landed = (await keysOf(store, run)).filter((key) => /^landing\/.*\/0001\//.test(key))
  const pages = landed.filter((key) => /\/page-[^/]*$/.test(key))
  await store.delete(landed.filter((key) => !pages.includes(key)))
  await store.delete(pages.splice(-1))
  assert.deepEqual(await missing(store), [])
  const getStream = store.getStream.bind(store)
  store.getStream = async (...request) => {
    await store.delete(pages.splice(-1))
    return getStream(...request)
  }
  assert.deepEqual(await found(store, run), [])
}

async function madeTwice(datasets: FinishedDatasets, from?: 'landing' | 'parts') {
  const first = await datasets.make()
  const run = from === undefined ? first : await datasets.make({ of: first, from })
  return { store: datasets.store, maker: from === 'parts' ? first : run, run }
}

/** Of the dataset, of the landing, and what it has of another dataset that has made its parts. */
async function keysOf(
  store: MemoryObjectStore,
  run: RunReference,
  maker = run,
): Promise<ObjectKey[]> {
  const ofMaker = new RegExp(`/${maker.datasetId}/(?:part|rejects)-`)
  const keys: ObjectKey[] = []
  for await (const { key } of store.list('')) {
    const isOwn = key.startsWith('landing/') || key.includes(`/${run.datasetId}/`)
    if (isOwn || ofMaker.test(key)) keys.push(key)
  }
  return keys
}

/** Keys that `datasets verify --landing` names, of a dataset that was loaded. */
async function found(store: MemoryObjectStore, run: RunReference): Promise<string[]> {
  const { pipeline, partition, datasetId } = run
  const [folder] = await listDatasetFolders(store, { pipeline, partition, datasetId })
  assert.ok(folder)
  const verified = await verifyDataset(store, {
    folder,
    loads: async () => [{ datasetId, target: 'public.t', loadedAt: new Date() }],
    landing: (place) => checkLanding(placeOn(store), place),
    signal,
  })
  assert.ok(verified)
  return [...new Set(verified.damage.map(({ key }) => key))]
}

/** Keys that `blobs verify` misses. */
async function missing(store: MemoryObjectStore): Promise<string[]> {
  const keys: string[] = []
  await verifyObjects(placeOn(store), {
    onFinding: ({ key, state }) => {
      assert.equal(state, 'missing', key)
      keys.push(key)
    },
  })
  return keys
}

function placeOn(store: MemoryObjectStore) {
  return { store, namespace: 'default', encryption: undefined, signal }
}
