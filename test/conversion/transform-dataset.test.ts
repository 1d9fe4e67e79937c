import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  convertedPartKey,
  convertedPartPrefix,
  partKey,
  partPrefix,
} from '../../activities/bucket-layout.ts'
import { DuckDb } from '../../activities/conversion/duck-db.ts'
import { getJson } from '../../activities/json-object.ts'
import { datasetManifest, sealDataset } from '../../activities/seal-dataset.ts'
import type { RunReference } from '../../activities/run-reference.ts'
import { transformDataset } from '../../activities/transform-dataset.ts'
import type { MemoryObjectStore, ObjectKey } from '../../codec/index.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { columnsOf } from '../unit/activities/convert-bodies.ts'
import { attempt, run, storedDataset } from '../unit/activities/stored-dataset.ts'

const columns = columnsOf({ id: 'bigint', t: 'text' })

describe('a dataset that is transformed as a whole', () => {
  const bed = useDuckDb()

  const opened = (sql: string) =>
    storedDataset(bed, columns, { transform: { sql, scope: 'dataset' } })

  async function rowsOf(store: MemoryObjectStore, key: ObjectKey): Promise<unknown> {
    const path = join(bed.folder, 'read.parquet')
    await writeFile(path, await store.get(key))
    return bed.duckDb.withConnection(attempt.signal, async (connection) => {
      const reader = await connection.runAndReadAll(`FROM read_parquet('${path}')`)
      return reader.getRowsJson()
    })
  }

  async function partsOf(
    store: MemoryObjectStore,
    of: RunReference = run,
  ): Promise<[string, Record<string, string>][]> {
    const parts: [string, Record<string, string>][] = []
    for await (const { key } of store.list(partPrefix(of))) {
      const { sha256: _, ...metadata } = (await store.head(key))?.metadata ?? {}
      parts.push([key, metadata])
    }
    return parts
  }

  const own = { records: '0', converted: '0', rejects: '0' }

  test('is made of all parts, in the order of their numbers, and its records still add up', async () => {
    const { ports, store, putPart } = await opened(
      "select id, string_agg(t, ',') as t, count(*) as n from input group by id order by id desc",
    )
    // A greater number than five digits hold comes last all the same.
    await putPart(convertedPartKey(run, 100_000), `SELECT 1::BIGINT id, 'last' t`, {
      records: '1',
      converted: '1',
    })
    await putPart(convertedPartKey(run, 0), `FROM (VALUES (1::BIGINT, 'a'), (2, 'b')) v(id, t)`, {
      records: '4',
      converted: '2',
      rejects: '2',
    })
    // Of an earlier version.
    await putPart(convertedPartKey(run, 1), `SELECT 1::BIGINT id, 'c' t`)
    const made = await transformDataset(ports, { run, partCount: 3 }, attempt)
    assert.deepEqual([made.partCount, made.rowCount], [1, 2])
    const whole = { ...run, transformId: made.transformId }
    const key = partKey(whole, 0)
    assert.deepEqual(await partsOf(store, whole), [[key, { ...own, rows: '2' }]])
    assert.deepEqual(await rowsOf(store, key), [
      ['2', 'b', '1'],
      ['1', 'a,c,last', '3'],
    ])
    assert.equal((await store.head(key))?.sizeBytes, made.storedBytes)

    await store.put(
      'datasets/stored/2001/dataset/rejects-00000.ndjson.zst' as ObjectKey,
      Buffer.of(),
      {
        contentType: 'text/plain',
        metadata: { rows: '2' },
      },
    )
    const { manifestKey } = await sealDataset(
      ports,
      { run: whole, partCount: 1, rowCount: 2, rejectCount: 2 },
      attempt,
    )
    const manifest = await getJson(store, manifestKey as ObjectKey, datasetManifest, attempt)
    assert.deepEqual(
      [manifest.recordCount, manifest.convertedCount, manifest.rejectCount, manifest.rowCount],
      [6, 4, 2, 2],
    )
    assert.deepEqual(
      manifest.parts.map((part) => part.key),
      [key],
    )
    assert.deepEqual(
      manifest.columns.map(({ name }) => name),
      ['id', 't', 'n'],
    )
    // Metadata of the converted parts are looked at too.
    await putPart(convertedPartKey(run, 1), `SELECT 1::BIGINT id, 'c' t`, { records: '2' })
    await assert.rejects(
      sealDataset(ports, { run: whole, partCount: 1, rowCount: 2, rejectCount: 2 }, attempt),
      { code: 'ROWS_LOST', message: /7 records were served, 4 converted and 2 set aside/ },
    )
  })

  test('has parts of bounded size, in the order of the result', async () => {
    const { ports, store, putPart } = await opened('select id, t from input order by id desc')
    await putPart(convertedPartKey(run, 0), `SELECT i::BIGINT id, 'x' t FROM range(2000001) r(i)`)
    const made = await transformDataset(ports, { run, partCount: 1 }, attempt)
    assert.deepEqual([made.partCount, made.rowCount], [3, 2_000_001])
    const whole = { ...run, transformId: made.transformId }
    assert.deepEqual(await partsOf(store, whole), [
      [partKey(whole, 0), { ...own, rows: '1000000' }],
      [partKey(whole, 1), { ...own, rows: '1000000' }],
      [partKey(whole, 2), { ...own, rows: '1' }],
    ])
    assert.deepEqual(await rowsOf(store, partKey(whole, 2)), [['0', 'x']])
  })

  test('stays what it is when an attempt that was given up makes another one, late', async () => {
    const { ports, store, putPart } = await opened('select id, t from input')
    await putPart(convertedPartKey(run, 0), `SELECT 1::BIGINT id, 'newer' t`)
    const made = await transformDataset(ports, { run, partCount: 1 }, attempt)
    const whole = { ...run, transformId: made.transformId }
    const sealed = () =>
      sealDataset(ports, { run: whole, partCount: 1, rowCount: 1, rejectCount: 0 }, attempt)
    await sealed()
    // Rows in another order, say.
    await putPart(convertedPartKey(run, 0), `SELECT 1::BIGINT id, 'late' t`)
    await transformDataset(ports, { run, partCount: 1 }, attempt)
    assert.deepEqual(await rowsOf(store, partKey(whole, 0)), [['1', 'newer']])
    await sealed()
  })

  test('is made of no part at all', async () => {
    const { ports, store } = await opened('select count(*)::bigint as id, max(t) as t from input')
    const made = await transformDataset(ports, { run, partCount: 0 }, attempt)
    assert.deepEqual([made.partCount, made.rowCount], [1, 1])
    const whole = { ...run, transformId: made.transformId }
    assert.deepEqual(await rowsOf(store, partKey(whole, 0)), [['0', null]])
    const input = { run: whole, partCount: 1, rowCount: 1, rejectCount: 0 }
    await sealDataset(ports, input, attempt)
  })

  test('has one part where there is no row, and is the same when it is made again', async () => {
    const { ports, store, putPart } = await opened('select id, t from input where id > 1')
    await putPart(convertedPartKey(run, 0), `SELECT 1::BIGINT id, 'a' t`)
    const made = await transformDataset(ports, { run, partCount: 1 }, attempt)
    assert.deepEqual([made.partCount, made.rowCount], [1, 0])
    const again = await transformDataset(ports, { run, partCount: 1 }, attempt)
    const [first, second] = await Promise.all(
      [made, again].map(({ transformId }) => store.get(partKey({ ...run, transformId }, 0))),
    )
    assert.deepEqual(first, second)
  })

  test('fails where parts are missing or damaged, or its SQL fails', async () => {
    const { ports, store, putPart } = await opened('select id, (t::integer)::text as t from input')
    await putPart(convertedPartKey(run, 0), `SELECT 1::BIGINT id, 'a' t`)
    await assert.rejects(transformDataset(ports, { run, partCount: 2 }, attempt), {
      code: 'ROWS_LOST',
      message: /the store has 1 converted parts, the run made 2/,
    })
    await assert.rejects(transformDataset(ports, { run, partCount: 1 }, attempt), {
      code: 'TRANSFORM_FAILED',
      message: /fails on a value \(Conversion Error: column t\)/,
    })
    await putPart(convertedPartKey(run, 0), `SELECT 1::BIGINT id, 'a' t`, { sha256: 'other' })
    await assert.rejects(transformDataset(ports, { run, partCount: 1 }, attempt), {
      code: 'OBJECT_DAMAGED',
      retryable: true,
    })
    assert.deepEqual(await partsOf(store), [])
  })

  test('may be larger than memory, and its SQL may not hold all of it', async (t) => {
    const sorted = await opened('select id, t from input order by id % 1000, id')
    const spillDirectory = join(bed.folder, 'small-spill')
    const small = await DuckDb.open({ spillDirectory, memoryLimit: '80MiB' })
    t.after(() => small.close())
    for (let part = 0; part < 8; part += 1) {
      const text = `md5((i + ${part})::VARCHAR) || repeat('x', 100)`
      const rows = `SELECT i::BIGINT id, ${text} t FROM range(100000) r(i)`
      await sorted.putPart(convertedPartKey(run, part), rows)
    }
    const input = { run, partCount: 8 }
    const made = await transformDataset({ ...sorted.ports, duckDb: small }, input, attempt)
    assert.equal(made.rowCount, 800_000)
    assert.deepEqual(await readdir(spillDirectory), [])

    const held = await opened(`select min(id) as id, string_agg(t, '') as t from input`)
    for await (const { key } of sorted.store.list(convertedPartPrefix(run))) {
      const metadata = (await sorted.store.head(key))?.metadata ?? {}
      await held.store.put(key, await sorted.store.get(key), { contentType: '', metadata })
    }
    await assert.rejects(transformDataset({ ...held.ports, duckDb: small }, input, attempt), {
      code: 'TRANSFORM_FAILED',
      retryable: false,
      message: /^the transform does not fit in 80\.0 MiB of memory$/,
    })
  })
})
