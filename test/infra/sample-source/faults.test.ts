import assert from 'node:assert/strict'
import { get } from 'node:http'
import { beforeEach, test } from 'node:test'
import type { FaultPlanInput } from '../../../infra/sample-source/fault-plan.ts'
import { startSampleSource } from '../../../infra/sample-source/start-sample-source.ts'
import { openTestSource, temporaryDirectory } from './open-test-source.ts'
import { readPage, readPages } from './read-pages.ts'

type Rule = NonNullable<FaultPlanInput['rules']>[number]

const source = await openTestSource()
const page = `${source.url}/flights?day=2001-01-02&per_page=1000`

beforeEach(() => source.setFaults({}))

function setRules(...rules: Rule[]): void {
  source.setFaults({ rules })
}

async function statuses(times: number, url = page): Promise<number[]> {
  const found: number[] = []
  for (let n = 0; n < times; n += 1) {
    const response = await fetch(url)
    await response.arrayBuffer()
    found.push(response.status)
  }
  return found
}

/** What reaches a client that looks at the wire: bytes of the body, and whether it ended well. */
async function received(
  url: string,
): Promise<{ bytes: number; complete: boolean; length: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('error', () => undefined)
      response.on('close', () => {
        const length = response.headers['content-length'] ?? ''
        resolve({ bytes, complete: response.complete, length })
      })
    }).on('error', reject)
  })
}

test('a status is sent with Retry-After', async () => {
  setRules({ kind: 'status', status: 429, retryAfterSeconds: 7, times: 1 })
  const response = await fetch(page)
  assert.equal(response.status, 429)
  assert.equal(response.headers.get('retry-after'), '7')
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.deepEqual(await statuses(2), [200, 200])
})

test('rules count what they match: every, times, skip', async () => {
  setRules({ kind: 'status', status: 503, every: 3 })
  assert.deepEqual(await statuses(6), [200, 200, 503, 200, 200, 503])
  setRules({ kind: 'status', status: 503, times: 2, skip: 1 })
  assert.deepEqual(await statuses(4), [200, 503, 503, 200])
  setRules({ kind: 'status', status: 503, match: 'day=2001-01-03' })
  assert.deepEqual(await statuses(1), [200])
  assert.deepEqual(await statuses(1, page.replace('01-02', '01-03')), [503])
  setRules({ kind: 'status', status: 503, pattern: '^/airports.*per_page=[12]0$' })
  assert.deepEqual(await statuses(1), [200])
  assert.deepEqual(await statuses(1, `${source.url}/airports?per_page=20`), [503])
})

test('a rule can be about the page with one record', async () => {
  setRules({ kind: 'status', status: 503, row: 16_000 })
  const query = `${source.url}/flights?day=2001-01-02&per_page=500`
  const served: number[] = []
  await assert.rejects(async () => {
    for await (const { data } of readPages(query)) served.push(data.length)
  }, /^Error: 503/)
  // The day begins at row 14,829: row 16,000 is in its third page.
  assert.deepEqual(served, [500, 500])
  setRules({ kind: 'status', status: 503, match: 'T00:10' })
  assert.deepEqual(await statuses(1, `${source.url}/flights?until=2001-01-01T00%3A10`), [503])
})

test('a rule can count each page by itself', async () => {
  setRules({ kind: 'status', status: 503, times: 1, per: 'page' })
  const other = page.replace('01-02', '01-03')
  assert.deepEqual(await statuses(2), [503, 200])
  assert.deepEqual(await statuses(2, other), [503, 200])
})

test('chance follows the seed', async () => {
  const rule: Rule = { kind: 'status', status: 503, probability: 0.5, seed: 7 }
  setRules(rule)
  const first = await statuses(40)
  setRules(rule)
  assert.deepEqual(await statuses(40), first)
  setRules({ ...rule, seed: 8 })
  assert.notDeepEqual(await statuses(40), first)
  assert.ok(first.includes(200) && first.includes(503))
})

test('rules that break do not use up each other', async () => {
  setRules({ kind: 'status', status: 429, times: 1 }, { kind: 'status', status: 503, times: 1 })
  assert.deepEqual(await statuses(3), [429, 503, 200])
})

test('a cut ends the body early, in each framing', async () => {
  const whole = await received(page)
  assert.equal(whole.complete, true)
  setRules({ kind: 'cut', afterBytes: 10_000 })
  assert.deepEqual(await received(page), { ...whole, bytes: 10_000, complete: false })
  await assert.rejects(readPage(page), /terminated/)
  setRules({ kind: 'cut', afterBytes: 10_000, framing: 'chunked' })
  assert.deepEqual(await received(page), { bytes: 10_000, complete: false, length: '' })
  setRules({ kind: 'cut', afterBytes: 10_000, framing: 'close' })
  assert.deepEqual(await received(page), { bytes: 10_000, complete: true, length: '' })
  setRules({ kind: 'cut', afterBytes: 0 })
  assert.deepEqual(await received(page), { ...whole, bytes: 0, complete: false })
  setRules({ kind: 'cut', afterBytes: 1_000_000_000 })
  assert.deepEqual(await received(page), whole)
})

test('a stream is cut far inside', async () => {
  setRules({ kind: 'cut', afterBytes: 3_000_001, match: '.ndjson' })
  const { bytes, complete } = await received(`${source.url}/flights.ndjson?until=2001-02-01`)
  assert.deepEqual({ bytes, complete }, { bytes: 3_000_001, complete: false })
})

test('a stall falls silent until the client gives up', async () => {
  setRules({ kind: 'stall', afterBytes: 1_000 })
  const patience = new AbortController()
  const response = await fetch(page, { signal: patience.signal })
  assert.equal(response.status, 200)
  const body = response.text()
  const silence = setTimeout(() => patience.abort(), 150)
  await assert.rejects(body, { name: 'AbortError' })
  clearTimeout(silence)
})

test('a stall can end', async () => {
  setRules({ kind: 'stall', afterBytes: 1_000, stallMs: 100 })
  const started = performance.now()
  assert.equal((await readPage(page)).data.length, 1_000)
  assert.ok(performance.now() - started >= 95)
})

test('latency delays answers', async () => {
  source.setFaults({ latencyMs: 60, rules: [{ kind: 'latency', latencyMs: 60, times: 1 }] })
  for (const expectedMs of [115, 55]) {
    const started = performance.now()
    await readPage(page)
    assert.ok(performance.now() - started >= expectedMs)
  }
})

test('a value is damaged wherever its record comes', async () => {
  const whole = await readPage(`${source.url}/flights?day=2001-01-02&per_page=10`)
  setRules(
    { kind: 'malformed-value', row: 14_830, column: 'delay', value: 'late' },
    { kind: 'malformed-value', row: 14_830, column: 'gate', value: { letter: 'A' } },
  )
  const damaged = await readPage(`${source.url}/flights?day=2001-01-02&per_page=10`)
  assert.deepEqual(damaged.data.toSpliced(1, 1), whole.data.toSpliced(1, 1))
  assert.deepEqual(damaged.data[1], {
    ...Object(whole.data[1]),
    delay: 'late',
    gate: { letter: 'A' },
  })
  assert.equal(damaged.next, whole.next)

  assert.deepEqual(await readPage(`${source.url}/flights?day=2001-01-01&per_page=10`), {
    ...(await readPage(`${source.url}/flights?day=2001-01-01&per_page=10`)),
  })
  const query = 'since=2001-01-01T23:59&until=2001-01-02T00:10'
  const lines = (await (await fetch(`${source.url}/flights.ndjson?${query}`)).text()).split('\n')
  assert.equal(lines.filter((line) => line.includes('"delay":"late"')).length, 1)
  const csv = (await (await fetch(`${source.url}/flights.csv?${query}`)).text()).split('\n')
  assert.match(csv.find((line) => line.startsWith('14830,')) ?? '', /^14830,[^,]+,late,\d+,/)
  const intact = csv.filter((line) => /^\d+,[^,]+,-?\d+,\d+,\w{3},\w{3}$/.test(line)).length
  assert.equal(intact, lines.length - 2)
})

test('without a row the first record is damaged, quoted CSV too', async () => {
  setRules({ kind: 'malformed-value', column: 'latitude', value: 'north, "far"' })
  const { data } = await readPage(`${source.url}/airports?per_page=3`)
  assert.deepEqual(
    data.map((airport) => typeof Object(airport).latitude),
    ['string', 'number', 'number'],
  )
  const csv = await (await fetch(`${source.url}/airports.csv`)).text()
  assert.equal(csv.split('\n')[1], '00M,Thigpen,Bay Springs,MS,USA,"north, ""far""",-89.23450472')
})

test('faults are set, read and ended over HTTP', async () => {
  const rule = { kind: 'status', status: 503, times: 1 }
  const body = JSON.stringify({ rules: [rule] })
  const faults = `${source.url}/-/faults`
  assert.equal((await fetch(faults, { method: 'PUT', body })).status, 200)
  assert.deepEqual(await statuses(2), [503, 200])
  assert.deepEqual(await (await fetch(faults)).json(), {
    latencyMs: 0,
    rules: [{ ...rule, skip: 0, seed: 1, per: 'rule', fired: 1 }],
  })
  await fetch(faults, { method: 'PUT', body })
  await fetch(faults, { method: 'DELETE' })
  assert.deepEqual(await statuses(1), [200])
})

test('faults are given at the start', async () => {
  const faulty = await startSampleSource({
    directory: await temporaryDirectory(),
    faults: { rules: [{ kind: 'status', status: 500 }] },
  })
  assert.deepEqual(await statuses(1, `${faulty.url}/airports.csv`), [500])
  await faulty.close()
})

test('closing ends a stalled answer', async () => {
  const stalling = await startSampleSource({
    directory: await temporaryDirectory(),
    faults: { rules: [{ kind: 'stall', afterBytes: 10 }] },
  })
  const response = await fetch(`${stalling.url}/airports.csv`)
  const body = response.text()
  await Promise.all([assert.rejects(body, /terminated/), stalling.close()])
  await stalling.close()
})
