import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import type { Payload } from '@temporalio/common'
import { isClaimPayload, staticKeys } from '../../../codec/index.ts'
import { isSealedPayload } from '../../../codec/sealed-payload.ts'
import { codecOn, first, payloadOf, plainly } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

/** A copy whose classes are those of another realm, as what comes out of a workflow's isolate has. */
const isolate = createContext({})
const copyThere = runInContext(
  `({ entries, data }) => ({
    metadata: Object.fromEntries(entries.map(([name, value]) => [name, Uint8Array.from(value)])),
    data: Uint8Array.from([0, ...data, 0]).subarray(1, data.length + 1),
  })`,
  isolate,
) as (payload: {
  readonly entries: readonly (readonly [name: string, value: readonly number[]])[]
  readonly data: readonly number[]
}) => Payload

describe('bytes of another realm', () => {
  const encryption = staticKeys({ keys: { '2026-11': randomBytes(32) } })
  const bodies = {
    inline: Buffer.from('small'),
    sealed: Buffer.alloc(5000, 'a'),
    parked: randomBytes(20_000),
  }
  for (const [fate, data] of Object.entries(bodies)) {
    for (const options of [{}, { encryption }]) {
      const kind = 'encryption' in options ? ', encrypted' : ''
      it(`come back as they were, ${fate}${kind}`, async () => {
        const store = new WatchedStore()
        const ours = payloadOf(data)
        const theirs = elsewhere(ours)
        const codec = codecOn(store, { thresholdBytes: 10_000, ...options })
        const encoded = first(await codec.encode([theirs]))
        assert.equal(isClaimPayload(encoded), fate === 'parked')
        assert.equal(
          isSealedPayload(encoded),
          fate === 'sealed' || (fate === 'inline' && kind !== ''),
        )
        const reader = codecOn(store, options)
        assert.deepEqual(plainly(first(await reader.decode([encoded]))), plainly(ours))
      })
    }
  }

  it('are the same content as ours: one blob', async () => {
    const store = new WatchedStore()
    const ours = payloadOf(bodies.parked)
    const claims = await codecOn(store).encode([ours, elsewhere(ours)])
    assert.deepEqual(claims[1], claims[0])
    assert.equal((await store.keys()).length, 1)
  })

  it('are read as a claim or a sealed payload too', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store, { thresholdBytes: 10_000 })
    const list = [payloadOf(bodies.sealed), payloadOf(bodies.parked)]
    const encoded = (await codec.encode(list)).map(elsewhere)
    assert.deepEqual((await codec.encode(encoded)).map(plainly), encoded.map(plainly))
    assert.deepEqual((await codec.decode(encoded)).map(plainly), list.map(plainly))
  })
})

function elsewhere({ metadata, data }: Payload): Payload {
  const theirs = copyThere({
    entries: Object.entries(metadata ?? {}).map(([name, value]) => [name, [...value]]),
    data: [...(data ?? [])],
  })
  assert.equal(theirs.data instanceof Uint8Array, false)
  return theirs
}
