import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { z } from 'zod'
import { runSql, sqlText } from '../../../infra/sample-source/run-sql.ts'
import { findSampleData } from '../../../infra/sample-source/sample-data.ts'
import { startSampleSource } from '../../../infra/sample-source/start-sample-source.ts'
import { openTestSource, temporaryDirectory } from './open-test-source.ts'
import { flight, idsOf, readAllPages, readPage, readPages } from './read-pages.ts'

const JANUARY = 'since=2001-01-01&until=2001-02-01'
const source = await openTestSource()
const flights = `${source.url}/flights`

test('January read page by page is the Parquet file, row by row', async () => {
  const served = createHash('sha256')
  let rows = 0
  let sum = 0
  for await (const { data } of readPages(`${flights}?${JANUARY}&per_page=10000`)) {
    for (const value of z.array(flight).parse(data)) {
      rows += 1
      assert.equal(value.id, rows)
      sum += value.delay
      served.update(
        `${value.date.replace('T', ' ')},${value.delay},${value.distance},${value.origin},${value.destination}\n`,
      )
    }
  }
  assert.equal(rows, 508_239)
  assert.equal(sum, 3_221_712)

  const { flightsPath } = await findSampleData()
  const [lines = []] = await runSql(`
    select concat_ws(',', date, delay, distance, origin, destination)
    from read_parquet(${sqlText(flightsPath)})
    where date < '2001-02-01'`)
  const expected = createHash('sha256')
  for (const line of lines) expected.update(`${String(line)}\n`)
  assert.equal(served.digest('hex'), expected.digest('hex'))
})

test('a page has the shape that is promised', async () => {
  const { data, next } = await readPage(`${flights}?per_page=1`)
  assert.deepEqual(data, [
    {
      id: 1,
      date: '2001-01-01T00:01:00',
      delay: 33,
      distance: 2176,
      origin: 'LAS',
      destination: 'PHL',
    },
  ])
  assert.equal(typeof next, 'string')
})

test('without per_page a page has 5,000 rows', async () => {
  assert.equal((await readPage(flights)).data.length, 5_000)
})

test('an interval without flights is one empty page', async () => {
  for (const query of [
    'since=2001-01-05&until=2001-01-05',
    'until=2001-01-01',
    'since=2002-01-01',
    'day=1999-12-31',
  ]) {
    assert.deepEqual(await readPage(`${flights}?${query}`), { data: [], next: null }, query)
  }
})

test('a last page that is exactly full has no next', async () => {
  const [all] = await readAllPages(
    `${flights}?since=2001-01-01T00:00&until=2001-01-01T06:00&per_page=50000`,
  )
  const count = all?.data.length ?? 0
  assert.ok(count > 0 && count % 2 === 0, `expected an even number of flights, got ${count}`)
  const halves = await readAllPages(
    `${flights}?since=2001-01-01&until=2001-01-01T06:00:00Z&per_page=${count / 2}`,
  )
  assert.deepEqual(
    halves.map(({ data }) => data.length),
    [count / 2, count / 2],
  )
})

test('pages of one row are rows one by one', async () => {
  const ids: number[] = []
  for await (const page of readPages(`${flights}?until=2001-01-01T00:05&per_page=1`)) {
    ids.push(...idsOf(page))
  }
  assert.ok(ids.length > 3)
  assert.deepEqual(
    ids,
    ids.map((_, index) => index + 1),
  )
})

test('intervals are half-open, and every spelling of a time means the same', async () => {
  const whole = await readPage(`${flights}?day=2001-01-05&per_page=50000`)
  assert.equal(whole.data.length, 16_591)
  for (const [since, until] of [
    ['2001-01-05', '2001-01-06'],
    ['2001-01-05T00:00', '2001-01-06T00:00Z'],
    ['2001-01-05T00:00:00Z', '2001-01-06T00:00:00.000Z'],
    ['2001-01-05T02:00:00%2B02:00', '2001-01-05T22:00:00-02:00'],
    ['2001-01-04T23:59:01', '2001-01-05T23:59:59.5Z'],
  ]) {
    const page = await readPage(`${flights}?since=${since}&until=${until}&per_page=50000`)
    assert.deepEqual(page, whole, `${since} to ${until}`)
  }
})

test('days side by side are the whole, without a gap and without a double', async () => {
  let last = 0
  for (const day of ['2001-01-01', '2001-01-02', '2001-01-03']) {
    for (const id of idsOf(await readPage(`${flights}?day=${day}&per_page=50000`))) {
      assert.equal(id, last + 1)
      last = id
    }
  }
  assert.equal(last, 14_828 + 16_850 + 16_948)
})

test('a page reaches across the end of a month', async () => {
  const query = 'since=2001-01-31T23:50&until=2001-02-01T00:10'
  const ids = idsOf(await readPage(`${flights}?${query}`))
  assert.ok(ids.includes(508_239) && ids.includes(508_240))
  assert.deepEqual(
    ids,
    ids.map((_, index) => (ids[0] ?? 0) + index),
  )
})

test('the last flights are found', async () => {
  const lastMinute = await readPage(`${flights}?since=2001-07-01`)
  assert.deepEqual(
    idsOf(lastMinute),
    [2_999_995, 2_999_996, 2_999_997, 2_999_998, 2_999_999, 3_000_000],
  )
  assert.equal(lastMinute.next, null)
})

test('a cursor needs nothing but itself, and outlives the server', async () => {
  const directory = await temporaryDirectory()
  const first = await startSampleSource({ directory })
  const { next } = await readPage(`${first.url}/flights?day=2001-01-02&per_page=10000`)
  await first.close()
  const second = await openTestSource(directory)
  const alone = await readPage(`${second.url}/flights?cursor=${next}&per_page=10000`)
  assert.deepEqual(
    idsOf(alone),
    Array.from({ length: 6_850 }, (_, index) => 14_828 + 10_001 + index),
  )
  const repeated = await readPage(
    `${second.url}/flights?day=2001-01-02&cursor=${next}&per_page=10000`,
  )
  assert.deepEqual(repeated, alone)
})
