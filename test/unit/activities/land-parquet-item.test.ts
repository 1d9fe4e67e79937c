import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ObjectKey } from '../../../codec/index.ts'
import { PipelineError } from '../../../activities/index.ts'
import type { LandedItem } from '../../../activities/land-item.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { ItemBed } from './item-bed.ts'

const duckDb = useDuckDb()
const { signal } = new AbortController()

describe('a Parquet item', () => {
  const { TMPDIR } = process.env
  let folder: string
  let large: Buffer
  let small: Buffer
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-parquet-'))
    process.env['TMPDIR'] = await mkdtemp(join(folder, 'temporary-'))
    large = await fileOf(30_000)
    small = await fileOf(10)
  })
  after(async () => {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
    await rm(folder, { recursive: true })
  })

  async function fileOf(rows: number): Promise<Buffer> {
    const path = join(folder, `${rows}.parquet`)
    await duckDb.duckDb.withConnection(signal, (connection) =>
      connection.run(
        `COPY (SELECT range AS id, md5(range::VARCHAR) AS t FROM range(${rows})) TO '${path}' (ROW_GROUP_SIZE 4096)`,
      ),
    )
    return readFile(path)
  }

  function bedOf(bytes: Buffer, batchBytes = 300_000): ItemBed {
    const bed = new ItemBed({ format: 'parquet', limits: { batchBytes } })
    bed.ports = { ...bed.ports, duckDb: duckDb.duckDb }
    bed.add('a.parquet', bytes, { chunks: [65_536] })
    return bed
  }

  /** Rows of all pages, in order, as their count and the sum of each id times its position. */
  async function readRows(bed: ItemBed, landed: LandedItem) {
    const paths: string[] = []
    for (const [index, body] of (await bed.bodies(landed)).entries()) {
      const path = join(folder, `page-${index}.parquet`)
      await writeFile(path, body)
      paths.push(`'${path}'`)
    }
    return duckDb.duckDb.withConnection(signal, async (connection) => {
      const rows = await connection.runAndReadAll(
        `SELECT count(*)::INTEGER, count(*) FILTER (id = position AND t = md5(id::VARCHAR))::INTEGER FROM
           (SELECT id, t, row_number() OVER () - 1 AS position FROM read_parquet([${paths.join(', ')}]))`,
      )
      return rows.getRows()[0]
    })
  }

  test('is landed as it is, and in smaller files of a batch each', async () => {
    const bed = bedOf(large)
    await bed.begin()
    const landed = await bed.land()
    assert.ok(landed.batches > 2, String(landed.batches))
    assert.deepEqual([landed.pages, landed.pagesFound], [landed.batches, 0])
    assert.equal(landed.sourceBytes, large.length)
    const pages = (await bed.batches(landed)).flatMap((batch) => batch.pages)
    assert.equal(
      pages.reduce((sum, { records }) => sum + (records ?? 0), 0),
      30_000,
    )
    assert.ok(pages.every(({ sizeBytes }) => sizeBytes <= 300_000))
    assert.deepEqual(await readRows(bed, landed), [30_000, 30_000])
    const sizes = [large.length, ...pages.map(({ sizeBytes }) => sizeBytes)]
    assert.equal(
      landed.storedBytes,
      sizes.reduce((sum, size) => sum + size, 0),
    )
    const key = [...(await bed.landing()).keys()].find((name) => name.endsWith('/file.parquet'))
    assert.deepEqual(await bed.store.get(key as ObjectKey), large)
    assert.deepEqual(await bed.land(), { ...landed, pagesFound: landed.pages })
  })

  test('that is small is its own page', async () => {
    const bed = bedOf(small)
    await bed.begin()
    const landed = await bed.land()
    assert.deepEqual([landed.batches, landed.pages, landed.storedBytes], [1, 1, small.length])
    assert.deepEqual(await bed.bodies(landed), [small])
    assert.deepEqual(await readRows(bed, landed), [10, 10])
  })

  test('is taken from the store by an attempt after the first', async () => {
    const bed = bedOf(large)
    const clean = bedOf(large)
    await bed.begin()
    bed.store.beforePut = (key) => {
      if (key.includes('/page-00002')) throw new Error('the store broke')
    }
    await assert.rejects(bed.land(), /the store broke/)
    bed.store.beforePut = () => {}
    const landed = await bed.land()
    assert.deepEqual(bed.read, [`a.parquet#0 0-${large.length}`])
    assert.equal(landed.pagesFound, 2)
    await clean.begin()
    assert.deepEqual({ ...landed, pagesFound: 0 }, await clean.land())
    assert.deepEqual(await bed.landing(), await clean.landing())
    const pages = bed.store.written.filter((key) => key.includes('/page-'))
    assert.equal(new Set(pages).size, pages.length)
  })

  test('is read again when reading broke, and cancelled work stays undone', async () => {
    const bed = bedOf(large)
    const [stream] = bed.items[0]?.streams ?? []
    assert.ok(stream !== undefined)
    stream.failsAt = 100_000
    await bed.begin()
    const listed = await bed.landing()
    await assert.rejects(bed.land(), /the stream broke/)
    stream.failsAt = Infinity
    bed.controller.abort(new Error('cancelled'))
    await assert.rejects(bed.land(), /cancelled|aborted/)
    assert.deepEqual(await bed.landing(), listed)
    bed.controller = new AbortController()
    assert.deepEqual(await readRows(bed, await bed.land()), [30_000, 30_000])
    assert.deepEqual(await readdir(tmpdir()), [])
  })

  test('of more batches than are allowed is refused until batches are larger', async () => {
    const bed = bedOf(large)
    await bed.begin()
    const isLimit = (error: unknown) =>
      error instanceof PipelineError && error.code === 'ITEM_LIMIT_EXCEEDED'
    await assert.rejects(bed.land(0, 2), isLimit)
    await bed.begin({ limits: { batchBytes: 10_000_000 } })
    assert.equal((await bed.land(0, 2)).batches, 1)
    assert.deepEqual(bed.read, [`a.parquet#0 0-${large.length}`])
  })

  test('that is none is refused, and not landed', async () => {
    for (const [bytes, message] of [
      [Buffer.alloc(0), /empty file, not Parquet \[item=a\.parquet\]/],
      [Buffer.from('<html></html>'), /\[item=a\.parquet\]/],
      [large.subarray(0, -100), /\[item=a\.parquet\]/],
    ] as const) {
      const bed = bedOf(bytes)
      await bed.begin()
      const listed = await bed.landing()
      await assert.rejects(bed.land(), (error: unknown) => {
        assert.ok(error instanceof PipelineError, String(error))
        assert.equal(error.code, 'SOURCE_MALFORMED')
        assert.match(error.message, message)
        assert.equal(error.retryable, false)
        return true
      })
      assert.deepEqual(await bed.landing(), listed)
    }
  })
})
