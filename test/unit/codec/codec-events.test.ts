import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { CodecEvent } from '../../../codec/index.ts'
import { codecOn, payloadOf } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

test('whoever counts hears of each blob once: sent, known, found, fetched, at hand', async () => {
  const store = new WatchedStore()
  const events: CodecEvent[] = []
  const codec = () => codecOn(store, { onEvent: (event) => events.push(event) })
  const small = payloadOf(Buffer.from('stays in history'))
  const parked = payloadOf(randomBytes(200_000))
  const large = payloadOf(randomBytes(2_000_000))

  const first = codec()
  const claims = await first.encode([small, parked, large])
  await first.encode([parked])
  await first.decode(claims)
  // Another process: it looks whether what is large is there, and fetches what it reads.
  const second = codec()
  await second.encode([large])
  await second.decode(claims.slice(0, 2))

  const kinds = events.map(({ kind }) => kind)
  assert.deepEqual(kinds, [
    'parked',
    'parked',
    'deduplicated',
    'cached',
    'cached',
    'deduplicated',
    'fetched',
  ])
  const [sent] = events.filter((event) => event.kind === 'parked').toSorted(bySize)
  // Random bytes cannot be compressed: the envelope has them and its frame.
  assert.ok(sent && sent.plainBytes > 200_000 && sent.storedBytes > 200_000, JSON.stringify(sent))
})

function bySize(one: { plainBytes: number }, other: { plainBytes: number }): number {
  return one.plainBytes - other.plainBytes
}
