import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ObjectKey } from '../../../codec/index.ts'
import { PipelineError, type PipelineErrorCode } from '../../../activities/index.ts'
import type { LandedItem } from '../../../activities/land-item.ts'
import { ItemLanding } from '../../../activities/landing/item-landing.ts'
import { findLanded, putLanded } from '../../../activities/landing/landed-item.ts'
import { ItemBed, type TestItem } from './item-bed.ts'

/** Lines of 11 bytes each. */
const lines = (count: number, first = 0) =>
  Array.from(
    { length: count },
    (_, index) => `{"id":${String(first + index).padStart(3, '1')}}\n`,
  ).join('')

async function refused(
  work: Promise<unknown>,
  code: PipelineErrorCode,
  message: RegExp,
): Promise<PipelineError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof PipelineError, String(error))
  assert.equal(error.code, code, error.message)
  assert.match(error.message, message)
  return error
}

const sizes = (bodies: readonly Buffer[]) => bodies.map((body) => body.length)

describe('an item', () => {
  test('is landed in pages of whole records, a page a batch where pages are as large', async () => {
    const bed = new ItemBed()
    bed.add('a.ndjson', lines(10))
    assert.equal(await bed.begin(), 1)
    const landed = await bed.land()
    const { landedKey: _, storedBytes: __, ...counts } = landed
    assert.deepEqual(counts, { batches: 4, pages: 4, sourceBytes: 110, pagesFound: 0 })
    assert.equal(Buffer.concat(await bed.bodies(landed)).toString(), lines(10))
    const batches = await bed.batches(landed)
    assert.deepEqual(
      batches.map(({ endBytes, next, pages }) => [
        endBytes,
        next,
        pages.map((page) => page.records),
      ]),
      [
        [33, '33', [3]],
        [66, '66', [3]],
        [99, '99', [3]],
        [110, null, [1]],
      ],
    )
    assert.equal(
      landed.storedBytes,
      batches.reduce((sum, batch) => sum + batch.storedBytes, 0),
    )
    assert.deepEqual([bed.opened, bed.closed], [1, 1])
    assert.deepEqual(bed.read, ['a.ndjson#0 0-110'])
  })

  test('has several pages a batch where these are smaller', async () => {
    const bed = new ItemBed({ limits: { batchBytes: 44, pageBytes: 25 } })
    bed.add('a.ndjson', lines(7))
    await bed.begin()
    const landed = await bed.land()
    const batches = await bed.batches(landed)
    assert.deepEqual(
      batches.map(({ pages }) => pages.map((page) => page.sizeBytes)),
      [
        [22, 22],
        [22, 11],
      ],
    )
  })

  test('of CSV has its header on each page', async () => {
    const bed = new ItemBed({ format: 'csv', limits: { batchBytes: 24 } })
    bed.add('a.csv', '\uFEFFid,"t\n"\r\n1,"a\r\n""b"\r\n2,é\r\n\r\n3,c\r\n4,d')
    await bed.begin()
    const landed = await bed.land()
    assert.deepEqual((await bed.bodies(landed)).map(String), [
      '\uFEFFid,"t\n"\r\n1,"a\r\n""b"\r\n',
      'id,"t\n"\r\n2,é\r\n\r\n3,c\r\n',
      'id,"t\n"\r\n4,d',
    ])
    const batches = await bed.batches(landed)
    assert.deepEqual(
      batches.map(({ pages }) => pages.map((page) => page.records)),
      [[1], [2], [1]],
    )
  })

  test('of JSON is one page', async () => {
    const bed = new ItemBed({ format: 'json', limits: { batchBytes: 10, pageBytes: 28 } })
    bed.add('a.json', '[{"id":1},\n{"id":2},{"id":3}]')
    bed.add('b.json', ' [{"id":1},{"id":2}]')
    bed.add('c.json', `[${lines(3).trimEnd().replaceAll('\n', ',')}]`)
    await bed.begin()
    await refused(bed.land(0), 'PAGE_TOO_LARGE', /the body is larger than 28 bytes \[item=a.json/)
    const landed = await bed.land(1)
    const [batch] = await bed.batches(landed)
    assert.deepEqual(
      batch?.pages.map(({ records, recordsStart, sizeBytes }) => [
        records,
        recordsStart,
        sizeBytes,
      ]),
      [[2, 1, 20]],
    )
    await refused(bed.land(2), 'PAGE_TOO_LARGE', /item=c.json/)
  })

  test('without bytes has no records, or is refused where its format has no such form', async () => {
    for (const format of ['ndjson', 'csv', 'json'] as const) {
      const bed = new ItemBed({ format })
      bed.add('empty', '')
      await bed.begin()
      if (format === 'ndjson') {
        const { batches, pages, sourceBytes } = await bed.land()
        assert.deepEqual([batches, pages, sourceBytes], [0, 0, 0])
        assert.equal((await bed.land()).batches, 0)
        assert.equal(bed.opened, 1)
      } else {
        const error = await refused(
          bed.land(),
          'SOURCE_MALFORMED',
          /the file is empty \[item=empty\]/,
        )
        assert.equal(error.retryable, false)
      }
    }
  })

  test('with nothing but a header has no records', async () => {
    for (const body of ['id', '\uFEFFid\r\n', 'id,t\n\n']) {
      const bed = new ItemBed({ format: 'csv' })
      bed.add('a.csv', body)
      await bed.begin()
      const [batch] = await bed.batches(await bed.land())
      assert.deepEqual(
        batch?.pages.map(({ records }) => records),
        [0],
      )
    }
  })

  test('with a record beyond the limit of a page is refused, and lands one up to it', async () => {
    for (const [format, header, length] of [
      ['ndjson', '', 60],
      ['csv', 'id,t\n', 60],
    ] as const) {
      const record = (bytes: number) =>
        format === 'csv' ? `1,${'x'.repeat(bytes - 3)}\n` : `{"id":"${'x'.repeat(bytes - 10)}"}\n`
      const limits = { batchBytes: 20, pageBytes: length + header.length }
      const bed = new ItemBed({ format, limits })
      bed.add('fits', header + record(15) + record(length) + record(15))
      bed.add('beyond', header + record(15) + record(length + 1) + record(15))
      await bed.begin()
      assert.deepEqual(
        sizes(await bed.bodies(await bed.land(0))),
        [15, length, 15].map((size) => size + header.length),
      )
      const start = 15 + header.length
      const error = await refused(
        bed.land(1),
        'PAGE_TOO_LARGE',
        new RegExp(
          `a single record is larger than ${limits.pageBytes} bytes .*pageStartBytes=${start}\\]`,
        ),
      )
      assert.match(error.remedy, /page_bytes/)
    }
  })

  test('that ends in the middle of a record, or is no text of its format, is refused', async () => {
    for (const [format, body, code, message] of [
      ['ndjson', `${lines(8)}{"id":`, 'SOURCE_MALFORMED', /the last line was cut off .*item=bad/],
      ['ndjson', '<html>\n</html>\n', 'SOURCE_MALFORMED', /no line is a JSON object/],
      ['csv', `id\n1\n2\n"3\n4\n`, 'SOURCE_MALFORMED', /the quote .* is not closed/],
      ['csv', '<html>\n</html>\n', 'SOURCE_MALFORMED', /none of the declared columns/],
      ['csv', 'id;n\n1;2\n', 'SOURCE_MALFORMED', /it has semicolons and no comma/],
      ['json', '[{"id":1},', 'SOURCE_MALFORMED', /malformed/],
      ['json', Buffer.from('\uFEFF[]', 'utf16le'), 'SOURCE_MALFORMED', /UTF-16/],
      ['csv', Buffer.from('\uFEFFid\n1', 'utf16le').swap16(), 'SOURCE_MALFORMED', /UTF-16/],
      ['ndjson', Buffer.from('\uFEFF{}\n', 'utf16le'), 'SOURCE_MALFORMED', /UTF-16/],
      ['csv', Buffer.from('id,n\n1,2\n', 'utf16le'), 'SOURCE_MALFORMED', /UTF-16, by the zeros/],
      ['ndjson', Buffer.from('{"id":1}', 'utf16le').swap16(), 'SOURCE_MALFORMED', /by the zeros/],
      ['ndjson', Buffer.alloc(16), 'SOURCE_MALFORMED', /the last line was cut off/],
    ] as const) {
      const bed = new ItemBed({ format })
      bed.add('bad', body)
      await bed.begin()
      const error = await refused(bed.land(), code, message)
      assert.equal(error.retryable, false)
      await refused(bed.land(), code, message)
      assert.equal(bed.closed, 2)
    }
  })

  test('of more batches than are allowed is refused until batches are larger', async () => {
    const bed = new ItemBed()
    bed.add('a.ndjson', lines(10))
    await bed.begin()
    assert.equal((await bed.land(0, 4)).batches, 4)
    bed.add('b.ndjson', lines(10))
    await bed.begin()
    const error = await refused(bed.land(1, 3), 'ITEM_LIMIT_EXCEEDED', /more than 3 batches/)
    assert.match(error.remedy, /batch_bytes/)
    bed.read.length = 0
    await bed.begin({ limits: { batchBytes: 70 } })
    const landed = await bed.land(1, 3)
    assert.deepEqual([landed.batches, landed.pages, landed.pagesFound], [2, 4, 3])
    assert.deepEqual(bed.read, ['b.ndjson#0 99-110'])
    assert.equal(Buffer.concat(await bed.bodies(landed)).toString(), lines(10))
  })
})

describe('an item that is landed', () => {
  test('is not read again while its version is the same, or nobody can say', async () => {
    for (const listed of ['v1', '']) {
      const bed = new ItemBed()
      bed.items.push({ ...bed.add('a.ndjson', lines(10)), listed })
      bed.items.shift()
      await bed.begin()
      const first = await bed.land()
      assert.deepEqual(await bed.land(), { ...first, pagesFound: 4 })
      await bed.begin()
      assert.deepEqual(await bed.land(), { ...first, pagesFound: 4 })
      assert.equal(bed.opened, 1)
    }
  })

  test('is read again, beside the old one, when its version is another', async () => {
    const bed = new ItemBed()
    const item = bed.add('a.ndjson', lines(10))
    await bed.begin()
    const first = await bed.land()
    item.version = 'v2'
    item.streams = [{ bytes: Buffer.from(lines(9, 5)) }]
    await bed.begin()
    const second = await bed.land()
    assert.equal(second.pagesFound, 0)
    assert.equal(Buffer.concat(await bed.bodies(second)).toString(), lines(9, 5))
    assert.equal(Buffer.concat(await bed.bodies(first)).toString(), lines(10))
    item.version = 'v1'
    await bed.begin()
    assert.deepEqual(await bed.land(), { ...first, pagesFound: 4 })
  })

  test('goes by the version that it is opened with, not by the one that was listed', async () => {
    const bed = new ItemBed()
    const item = bed.add('a.ndjson', lines(4))
    item.listed = 'v0'
    await bed.begin()
    const first = await bed.land()
    assert.deepEqual(await bed.land(), { ...first, pagesFound: first.pages })
    assert.deepEqual(bed.read, ['a.ndjson#0 0-44'])
  })

  test('whose version is told when it is opened is opened by the next run, and read if it has changed', async () => {
    const bed = new ItemBed()
    const item = bed.add('a.ndjson', lines(10))
    item.listed = null
    await bed.begin()
    const first = await bed.land()
    const found = { ...first, pagesFound: 4 }
    assert.deepEqual(await bed.land(), found)
    assert.equal(bed.opened, 1)
    await bed.begin()
    assert.deepEqual(await bed.land(), found)
    assert.deepEqual([bed.opened, bed.closed, bed.read.length], [2, 2, 1])
    item.version = 'v2'
    item.streams = [{ bytes: Buffer.from(lines(9, 5)) }]
    await bed.begin()
    const second = await bed.land()
    assert.equal(Buffer.concat(await bed.bodies(second)).toString(), lines(9, 5))
    assert.deepEqual(await bed.land(), { ...second, pagesFound: second.pages })
    assert.equal(bed.read.length, 2)
  })

  test('of which nobody can tell the version even then is not read again', async () => {
    const bed = new ItemBed()
    const item = bed.add('a.ndjson', lines(10))
    item.version = undefined
    await bed.begin()
    const first = await bed.land()
    await bed.begin()
    assert.deepEqual(await bed.land(), { ...first, pagesFound: 4 })
    assert.deepEqual([bed.opened, bed.read.length], [2, 1])

    // What is not whole any more is not mended with bytes that may be others.
    const [batch] = await bed.batches(first)
    await bed.store.delete([batch?.pages[0]?.key as ObjectKey])
    item.streams = [{ bytes: Buffer.from(lines(10, 5)) }]
    await bed.begin()
    const again = await bed.land()
    assert.deepEqual([again.pagesFound, bed.read.length], [0, 2])
    assert.notEqual(again.landedKey, first.landedKey)
    assert.equal(Buffer.concat(await bed.bodies(again)).toString(), lines(10, 5))
  })

  test('is read where pages of it are gone, whatever arrives with them', async () => {
    for (const seekable of [true, false]) {
      for (const chunks of [[5], [1000]]) {
        const bed = new ItemBed()
        bed.add('a.ndjson', lines(14), { seekable, chunks })
        await bed.begin()
        const first = await bed.land()
        const before = await bed.landing()
        for (const batch of [1, 3]) {
          const { pages = [] } = (await bed.batches(first))[batch] ?? {}
          await bed.store.delete(pages.map(({ key }) => key as ObjectKey))
        }
        bed.read.length = 0
        assert.deepEqual(await bed.land(), { ...first, pagesFound: 3 })
        assert.deepEqual(await bed.landing(), before)
        assert.equal(bed.read.length, seekable && chunks[0] === 5 ? 2 : 1)
      }
    }
  })

  test('is read where a page of it is gone, and only there', async () => {
    const bed = new ItemBed()
    bed.add('a.ndjson', lines(10))
    await bed.begin()
    const first = await bed.land()
    const before = await bed.landing()
    const [, second] = await bed.batches(first)
    await bed.store.delete([(second?.pages[0]?.key ?? '') as ObjectKey])
    bed.read.length = 0
    const again = await bed.land()
    assert.deepEqual(again, { ...first, pagesFound: 3 })
    assert.deepEqual(await bed.landing(), before)
    assert.equal(bed.read.length, 1)
    assert.match(bed.read[0] ?? '', /#0 33-/)
  })
})

test('a list of batches is not replaced by the one of an attempt that comes late', async () => {
  const bed = new ItemBed()
  bed.add('a.ndjson', lines(10))
  await bed.begin()
  const options = {
    store: bed.store,
    run: bed.run,
    place: 'a.ndjson',
    version: 'v1',
    item: { placeDigest: 'p', versionDigest: 'v' },
    limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 1, attempts: 1 },
    attempt: bed.attempt,
  }
  const attempts = [await ItemLanding.open(options), await ItemLanding.open(options)]
  const list = (batchKey: string) => ({
    batchKeys: [batchKey],
    pages: 0,
    sourceBytes: 0,
    storedBytes: 0,
  })
  for (const [index, landing] of attempts.entries()) {
    const { batchKeys } = await putLanded(landing, list(`batch-${index}`))
    assert.deepEqual(batchKeys, ['batch-0'])
  }
  // But what it named is gone, as `findLanded` has seen.
  const again = await ItemLanding.open(options)
  assert.equal(await findLanded(again), undefined)
  assert.deepEqual((await putLanded(again, list('batch-2'))).batchKeys, ['batch-2'])
})

test('an item is not read on when the store does not take its pages', async () => {
  const bed = new ItemBed()
  bed.add('a.ndjson', lines(900))
  await bed.begin()
  bed.store.beforePut = () => {
    throw new Error('the store broke')
  }
  await assert.rejects(bed.land(), /the store broke/)
  const [range = ''] = bed.read
  assert.ok(Number(/-(\d+)$/.exec(range)?.[1]) < 1000, range)
  assert.equal(bed.closed, 1)
})

describe('a run from the landing alone', () => {
  test('takes what is there without asking the source', async () => {
    const bed = new ItemBed()
    bed.add('a.ndjson', lines(10))
    await bed.begin()
    const first = await bed.land()
    bed.items.length = 0
    assert.equal(await bed.begin({ fromLanding: true }), 1)
    assert.deepEqual(await bed.land(), { ...first, pagesFound: 4 })
    assert.deepEqual([bed.listings, bed.opened], [1, 1])
  })

  test('takes an item that has changed since it was listed', async () => {
    const bed = new ItemBed()
    const item = bed.add('a.ndjson', lines(10))
    item.listed = 'v0'
    await bed.begin()
    await bed.land()
    await bed.begin({ fromLanding: true })
    assert.equal((await bed.land()).pagesFound, 4)
  })

  test('takes the version of its own dataset, though another run has landed a newer one', async () => {
    for (const listed of [undefined, null, 'v0']) {
      const bed = new ItemBed()
      const item = bed.add('a.ndjson', lines(10))
      if (listed !== undefined) item.listed = listed
      await bed.begin()
      const first = await bed.land()
      const { datasetId } = bed.run
      item.version = 'v2'
      await bed.begin()
      const second = await bed.land()
      assert.notEqual(second.landedKey, first.landedKey)
      await bed.begin({ fromLandingOf: datasetId })
      assert.equal((await bed.land()).landedKey, first.landedKey)
      await bed.begin({ fromLandingOf: bed.run.datasetId })
      assert.equal((await bed.land()).landedKey, first.landedKey)
      assert.equal(bed.opened, 2)
    }
  })

  test('finds the records of JSON where its own definition has them', async () => {
    const bed = new ItemBed({ format: 'json' })
    bed.add('a.json', '{"a":[{"id":1}],"b":[{"id":2},{"id":3}]}')
    await bed.begin({ records: ['a'] })
    const first = await bed.land()
    const before = await bed.landing()
    await bed.begin({ records: ['b'], fromLanding: true })
    const second = await bed.land()
    assert.deepEqual({ ...second, landedKey: '' }, { ...first, landedKey: '', pagesFound: 1 })
    const records = async (landed: LandedItem) =>
      (await bed.batches(landed)).flatMap(({ pages }) =>
        pages.map((page) => [page.records, page.recordsStart]),
      )
    assert.deepEqual(await records(first), [[1, 5]])
    assert.deepEqual(await records(second), [[2, 20]])
    assert.deepEqual(await bed.landing(), before)
    await bed.begin({ records: ['c'], fromLanding: true })
    await refused(bed.land(), 'SOURCE_MALFORMED', /no array of records at \$\.c.*item=a.json/)
    await bed.begin({ format: 'ndjson', fromLanding: true })
    await refused(bed.land(), 'LANDING_INCOMPLETE', /not landed as ndjson.*item=a.json/)
    assert.equal(bed.opened, 1)
  })

  test('fails where the list, an item or a page is not there', async () => {
    const bed = new ItemBed()
    bed.add('a.ndjson', lines(10))
    bed.add('b.ndjson', lines(10))
    await refused(bed.begin({ fromLanding: true }), 'LANDING_INCOMPLETE', /no list of items/)
    await bed.begin()
    const landed = await bed.land(0)
    await bed.begin({ fromLanding: true })
    await refused(bed.land(1), 'LANDING_INCOMPLETE', /not in the landing.*item=b.ndjson/)
    const [batch] = await bed.batches(landed)
    await bed.store.delete([(batch?.pages[0]?.key ?? '') as ObjectKey])
    await refused(bed.land(0), 'LANDING_INCOMPLETE', /item=a.ndjson/)
    assert.deepEqual([bed.listings, bed.opened], [1, 1])
  })
})

describe('an item of several streams', () => {
  const ranges = () => ({
    place: 'table',
    version: 'v1',
    streams: [lines(9), lines(2, 20), '', lines(5, 30)].map((text) => ({
      bytes: Buffer.from(`id,t\n${text.replaceAll(/[{}:"]/g, '').replaceAll('id', '1,')}`),
    })),
  })

  test('is read side by side and landed in their order', async () => {
    const bed = new ItemBed({ format: 'csv' })
    const item = ranges()
    bed.items.push(item)
    await bed.begin()
    const landed = await bed.land()
    const bodies = await bed.bodies(landed)
    const rows = bodies.flatMap((body) => body.toString().trimEnd().split('\n').slice(1))
    const expected = item.streams.flatMap(({ bytes }) =>
      bytes.toString().trimEnd().split('\n').slice(1),
    )
    assert.deepEqual(rows, expected)
    assert.ok(bodies.every((body) => body.toString().startsWith('id,t\n')))
    // The shorter streams are over before the long one is.
    assert.match(bed.read.at(-1) ?? '', /^table#0 /)
    assert.deepEqual(await bed.land(), { ...landed, pagesFound: landed.pages })
  })

  test('ends the others when one breaks, and goes on where each was', async () => {
    const bed = new ItemBed({ format: 'csv' })
    const clean = new ItemBed({ format: 'csv' })
    const item: TestItem = ranges()
    bed.items.push(item)
    clean.items.push(ranges())
    const [first, second] = item.streams
    assert.ok(first !== undefined && second !== undefined)
    second.failsAt = 12
    first.chunks = [1]
    await bed.begin()
    await assert.rejects(bed.land(), /the stream broke/)
    assert.equal(bed.closed, 1)
    assert.ok(!bed.read.some((range) => range.endsWith(`-${first.bytes.length}`)))
    second.failsAt = Infinity
    const landed = await bed.land()
    await clean.begin()
    const expected = await clean.land()
    assert.deepEqual(landed, { ...expected, pagesFound: landed.pagesFound })
    assert.deepEqual(await bed.landing(), await clean.landing())
  })
})
