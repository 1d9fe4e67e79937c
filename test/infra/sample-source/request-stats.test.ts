import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { openTestSource } from './open-test-source.ts'
import { readAllPages, readPage } from './read-pages.ts'

const source = await openTestSource()
const flights = `${source.url}/flights`

beforeEach(() => {
  source.setFaults({})
  source.resetStats()
})

test('each page is counted once, and again when it is fetched again', async () => {
  const query = `${flights}?day=2001-01-02&per_page=5000`
  const pages = await readAllPages(query)
  assert.equal(pages.length, 4)
  let stats = source.stats()
  assert.equal(stats.requests, 4)
  assert.equal(stats.pagesFetched, 4)
  assert.equal(stats.pagesRefetched, 0)
  assert.ok(stats.bytesServed > 16_850 * 90)
  assert.deepEqual(stats.statuses, { 200: 4 })

  await readPage(query)
  await readPage(query)
  stats = source.stats()
  assert.equal(stats.pagesFetched, 4)
  assert.equal(stats.pagesRefetched, 2)
})

test('every way to ask for a page is the same page', async () => {
  for (const query of [
    'day=2001-01-02',
    'since=2001-01-02&until=2001-01-03',
    'until=2001-01-03T00:00:00Z&since=2001-01-02T00:00&per_page=5000',
    'day=2001-01-02&attempt=3&_=1234&request_id=a',
  ]) {
    await readPage(`${flights}?${query}`)
  }
  assert.deepEqual(source.stats().pages, {
    '/flights?per_page=5000&since=2001-01-02T00:00:00Z&until=2001-01-03T00:00:00Z': {
      requests: 4,
      completed: 4,
    },
  })
})

test('what was not handed over whole is not completed', async () => {
  const query = 'day=2001-01-02&per_page=1000'
  source.setFaults({
    rules: [
      { kind: 'status', status: 503, times: 1 },
      { kind: 'cut', afterBytes: 5_000, times: 1 },
    ],
  })
  assert.equal((await fetch(`${flights}?${query}`)).status, 503)
  await assert.rejects(readPage(`${flights}?${query}`))
  let [page] = Object.values(source.stats().pages)
  assert.deepEqual(page, { requests: 2, completed: 0 })
  assert.equal(source.stats().pagesFetched, 0)
  assert.equal(source.stats().bytesServed, 5_000)

  await readPage(`${flights}?${query}`)
  await fetch(`${flights}?${query}`, { method: 'HEAD' })
  ;[page] = Object.values(source.stats().pages)
  assert.deepEqual(page, { requests: 3, completed: 1 })
  assert.equal(source.stats().pagesRefetched, 0)
  assert.equal(source.stats().requests, 4)
})

test('a client that leaves inside a body has not completed the page', async () => {
  const response = await fetch(`${source.url}/flights.ndjson?until=2001-02-01`)
  const reader = response.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  await new Promise((resolve) => {
    setTimeout(resolve, 50)
  })
  assert.deepEqual(Object.values(source.stats().pages), [{ requests: 1, completed: 0 }])
})

test('refusals are requests, not pages', async () => {
  await fetch(`${flights}?per_page=0`)
  await fetch(`${source.url}/nothing`)
  const { requests, pages, statuses } = source.stats()
  assert.deepEqual(
    { requests, pages, statuses },
    {
      requests: 2,
      pages: {},
      statuses: { 400: 1, 404: 1 },
    },
  )
})

test('statistics are read and reset over HTTP', async () => {
  await readPage(`${flights}?day=2001-01-02&per_page=10`)
  assert.deepEqual(
    await (await fetch(`${source.url}/-/stats`)).json(),
    JSON.parse(JSON.stringify(source.stats())),
  )
  const reset = await fetch(`${source.url}/-/stats`, { method: 'DELETE' })
  assert.deepEqual(await reset.json(), {
    requests: 0,
    pages: {},
    pagesFetched: 0,
    pagesRefetched: 0,
    bytesServed: 0,
    statuses: {},
  })
})
