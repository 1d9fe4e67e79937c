import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createHttpSource } from '../../../src/sources/http-source.ts'
import { RequestRate } from '../../../src/sources/request-rate.ts'
import { answer, openHostileSource } from '../../support/hostile-source.ts'
import { request } from './fetch-from.ts'

test('requests to one origin are spaced evenly, and those to another go their own way', () => {
  const rate = new RequestRate(() => 1000)
  const waits = [1, 2, 3].map(() => rate.take('http://a', 4))
  assert.deepEqual(waits, [0, 250, 500])
  assert.equal(rate.take('http://b', 4), 0)
  assert.equal(rate.take('http://a', 1), 750)
})

test('a turn that nobody took is not saved up', () => {
  let now = 0
  const rate = new RequestRate(() => now)
  rate.take('http://a', 10)
  now = 60_000
  assert.deepEqual([rate.take('http://a', 10), rate.take('http://a', 10)], [0, 100])
})

test('however they come, no two requests are closer than the rate', () => {
  const gaps = fc.array(fc.nat(500), { minLength: 2, maxLength: 50 })
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 100 }), (between, perSecond) => {
      let now = 0
      const rate = new RequestRate(() => now)
      const sent = between.map((gap) => {
        now += gap
        return now + rate.take('http://a', perSecond)
      })
      for (const [index, at] of sent.slice(1).entries()) {
        assert.ok(at - (sent[index] ?? 0) >= 1000 / perSecond - 1e-6)
      }
    }),
  )
})

test('a source waits for its turn, and cancelling ends the wait', async () => {
  const source = await openHostileSource({ '/': answer({ body: '[]' }) })
  const http = createHttpSource({ environment: {} })
  try {
    const page = request({ url: source.url, rate: { requestsPerSecond: 0.001 } })
    await http.fetchPage(page)
    const cancel = new AbortController()
    const waiting = http.fetchPage({ ...page, signal: cancel.signal })
    // Another origin, so its turn is its own: once it has answered, the first would have too.
    const other = await openHostileSource({ '/': answer({ body: '[]' }) })
    await http.fetchPage(request({ url: other.url, rate: { requestsPerSecond: 0.001 } }))
    await other.close()
    assert.equal(source.requests.length, 1)
    cancel.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
  } finally {
    http.close()
    await source.close()
  }
})
