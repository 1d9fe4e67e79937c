import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestSource } from './open-test-source.ts'
import { readPage } from './read-pages.ts'

const source = await openTestSource()

async function refusal(path: string, init?: RequestInit): Promise<[number, string]> {
  const response = await fetch(`${source.url}${path}`, init)
  assert.equal(response.headers.get('content-type'), 'application/json')
  const body: { error?: { code?: string; message?: string } } = Object(await response.json())
  assert.equal(typeof body.error?.code, 'string')
  return [response.status, body.error?.message ?? '']
}

test('a wrong parameter is a 400 that names it', async () => {
  const { next } = await readPage(`${source.url}/flights?day=2001-01-02&per_page=10`)
  const airports = await readPage(`${source.url}/airports?per_page=10`)
  for (const [query, names] of [
    ['since=yesterday', /^since: /],
    ['until=2001-02-30', /^until: /],
    ['until=2001-01-01T25:00', /^until: /],
    ['since=2001-01-02&until=2001-01-01', /^since: /],
    ['day=2001-01-02T00:00', /^day: /],
    ['day=2001-01-02&since=2001-01-02', /^day: /],
    ['per_page=0', /^per_page: /],
    ['per_page=50001', /^per_page: /],
    ['per_page=-1', /^per_page: /],
    ['per_page=1e3', /^per_page: /],
    ['per_page=', /^per_page: /],
    ['per_page=10&per_page=20', /^per_page: /],
    ['perpage=10', /^perpage: /],
    ['page=0', /^page: /],
    ['offset=-1', /^offset: /],
    ['page=1&offset=0', /^cursor, page, offset: /],
    ['cursor=', /^cursor: /],
    ['cursor=bm90aGluZw', /^cursor: /],
    [`cursor=${next}x`, /^cursor: /],
    [`cursor=${next}!`, /^cursor: /],
    [`cursor=${next?.slice(0, -2)}`, /^cursor: /],
    [`cursor=${airports.next}`, /^cursor: /],
    [`day=2001-01-03&cursor=${next}`, /^cursor: /],
    [`day=2001-01-01&cursor=${next}`, /^cursor: /],
  ] as const) {
    const [status, message] = await refusal(`/flights?${query}`)
    assert.equal(status, 400, query)
    assert.match(message, names, query)
  }
  assert.equal((await refusal('/flights.csv?per_page=0'))[0], 400)
  assert.equal((await refusal('/flights.csv?page=1'))[0], 400)
  assert.equal((await refusal('/airports?since=2001-01-01'))[0], 400)
})

test('an unknown path is a 404, a wrong method a 405', async () => {
  assert.equal((await refusal('/'))[0], 404)
  assert.equal((await refusal('/flights/1'))[0], 404)
  assert.equal((await refusal('/-/nothing'))[0], 404)
  assert.equal((await refusal('/flights', { method: 'POST' }))[0], 405)
  assert.equal((await refusal('/-/health', { method: 'DELETE' }))[0], 405)
})

test('a wrong fault plan is a 400, and the plan in force stays', async () => {
  for (const [body, names] of [
    ['{', /not JSON/],
    ['[]', /expected object/],
    ['{"rules":[{"kind":"explode"}]}', /^rules\.0\.kind: /],
    ['{"rules":[{"kind":"status","status":200}]}', /^rules\.0\.status: /],
    ['{"rules":[{"kind":"status","status":503,"pattern":"("}]}', /^rules\.0\.pattern: /],
    ['{"rules":[{"kind":"latency","latencyMs":1,"every":2,"times":2}]}', /exclude/],
    ['{"rules":[{"kind":"cut","afterBytes":1,"every":0}]}', /^rules\.0\.every: /],
    ['{"latency":5}', /^latency: /],
    ['{"rules":[{"kind":"stall","afterBytes":1,"after":1}]}', /^rules\.0\.after: /],
  ] as const) {
    const [status, message] = await refusal('/-/faults', { method: 'PUT', body })
    assert.equal(status, 400, body)
    assert.match(message, names, body)
  }
  assert.deepEqual(await (await fetch(`${source.url}/-/faults`)).json(), {
    latencyMs: 0,
    rules: [],
  })
})

test('HEAD tells the length of a page and sends none', async () => {
  for (const path of ['/flights?day=2001-01-02', '/flights.csv?day=2001-01-02', '/airports.csv']) {
    const head = await fetch(`${source.url}${path}`, { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(await head.text(), '')
    const bytes = await (await fetch(`${source.url}${path}`)).arrayBuffer()
    assert.equal(head.headers.get('content-length'), String(bytes.byteLength), path)
  }
})

test('health is told without counting as a request', async () => {
  source.resetStats()
  assert.deepEqual(await (await fetch(`${source.url}/-/health`)).json(), { status: 'ok' })
  assert.equal(source.stats().requests, 0)
})
