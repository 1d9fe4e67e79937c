import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { retryAfterMs } from '../../../src/sources/retry-after.ts'
import { answer, openHostileSource } from '../../support/hostile-source.ts'
import { fetchFrom } from './fetch-from.ts'

// Dates do not go by the clock of the worker.
process.env['TZ'] = 'Asia/Kathmandu'

const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')

const waits: Readonly<Record<string, number | undefined>> = {
  '120': 120_000,
  '0': 0,
  ' 5 ': 5000,
  'Wed, 21 Oct 2026 07:28:30 GMT': 30_000,
  'Wed, 21 Oct 2026 07:00:00 GMT': 0,
  'Wednesday, 21-Oct-26 07:28:30 GMT': 30_000,
  'Wed Oct 21 07:28:30 2026': 30_000,
  'Wed Oct  7 07:28:30 2026': 0,
  'Wed, 21 Oct 2026 07:28:30': 30_000,
  'Wed, 21 Oct 2026 09:28:30 +0200': 30_000,
  'Wed, 21 Oct 2066 07:28:30 GMT': 300_000,
  '999999999': 300_000,
  ['9'.repeat(400)]: 300_000,
  '-5': undefined,
  '1.5': undefined,
  '1e3': undefined,
  soon: undefined,
  Wed: undefined,
  '': undefined,
}
for (const [header, expected] of Object.entries(waits)) {
  test(`Retry-After: ${header.slice(0, 40)} is ${expected ?? 'no time'}`, () => {
    assert.equal(retryAfterMs(header, now), expected)
  })
}

test('whatever the header, the wait is none or within five minutes', () => {
  const header = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map(String),
    fc.double().map(String),
  )
  fc.assert(
    fc.property(header, (text) => {
      const wait = retryAfterMs(text, now)
      assert.ok(wait === undefined || (wait >= 0 && wait <= 300_000), `${wait}`)
    }),
  )
})

test('a busy source is asked again when it said, and cancelling ends the wait', async () => {
  const busy = (retryAfter: string) =>
    answer({ status: '429 Too Many Requests', headers: { 'Retry-After': retryAfter } })
  const source = await openHostileSource({
    '/nonsense': (socket, request) =>
      (request.count === 1 ? busy('soon') : answer({ body: '[]' }))(socket, request),
    '/huge': busy('999999999'),
  })
  try {
    const { body } = await fetchFrom({ url: `${source.url}/nonsense` })
    assert.equal(body.toString(), '[]')
    const cancel = new AbortController()
    const waiting = fetchFrom({ url: `${source.url}/huge` }, { signal: cancel.signal })
    while (source.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    cancel.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
    assert.equal(source.requests.length, 3, 'it was waited, not asked again')
  } finally {
    await source.close()
  }
})
