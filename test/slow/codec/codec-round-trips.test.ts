import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import fc from 'fast-check'
import {
  ClaimCheckCodec,
  isClaimPayload,
  MemoryObjectStore,
  staticKeys,
  type ClaimCheckCodecOptions,
} from '../../../codec/index.ts'
import { frameBytes } from '../../../codec/frame-scanner.ts'
import { isSealedPayload } from '../../../codec/sealed-payload.ts'
import { inActivityContext } from '../../unit/codec/activity-samples.ts'
import { inActivity, plainly, WEEK_48 } from '../../unit/codec/codec-samples.ts'

const thresholdBytes = 128 * 1024
const compressBytes = 4096
/** As much may stay inline of one list. */
const budgetBytes = 1024 * 1024
const noise = randomBytes(frameBytes + 1000)
const pattern = Buffer.alloc(frameBytes + 1000, 'airport;delay;distance\n')

/** Sizes of data around every edge; `edges` are of whole payloads, whose metadata may be 20 bytes. */
const around = (...edges: number[]): number[] =>
  edges.flatMap((edge) => [-21, -20, -19, -1, 0, 1].map((more) => edge + more))
const sizes = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 4, arbitrary: fc.constantFrom(...around(1024, compressBytes).filter((n) => n >= 0)) },
  { weight: 2, arbitrary: fc.constantFrom(...around(thresholdBytes, budgetBytes / 2)) },
  { weight: 1, arbitrary: fc.constantFrom(...around(frameBytes)) },
)
const data = fc
  .record({ size: sizes, start: fc.nat(900), bytes: fc.constantFrom(noise, pattern) })
  .map(({ size, start, bytes }) => bytes.subarray(start, start + size))
const names = fc.oneof(
  fc.constantFrom('encoding', 'messageType', '', '9', '10', '__proto__', 'constructor', 'ü'),
  fc.string({ unit: 'binary', maxLength: 20 }).filter((name) => name.isWellFormed()),
)
/** What a converter gives: bytes under any names; no encoding of ours, which is tested elsewhere. */
const metadata = fc.oneof(
  fc.constant({ encoding: Buffer.from('binary/plain') }),
  fc.dictionary(names, fc.uint8Array({ maxLength: 60 }), { maxKeys: 5, noNullPrototype: true }),
)
const payloads: fc.Arbitrary<Payload> = fc.record(
  { metadata, data },
  { requiredKeys: [], noNullPrototype: true },
)
const lists = fc.array(payloads, { maxLength: 9 })

for (const options of [
  { name: 'plain' },
  { name: 'encrypted', encryption: staticKeys({ keys: { '2026-11': randomBytes(32) } }) },
]) {
  const { name, ...codecOptions } = options
  const parameters = { numRuns: 40 }

  describe(`codec, whatever the payloads, ${name}`, () => {
    it('gives back every one of them byte for byte, in order', async () => {
      await fc.assert(
        fc.asyncProperty(lists, fc.boolean(), async (list, isResult) => {
          const store = new MemoryObjectStore()
          const before = list.map(plainly)
          const encode = async (): Promise<Payload[]> =>
            codecOn(store, codecOptions).encode(list, inActivity)
          const encoded = await (isResult ? inActivityContext(encode) : encode())
          assert.equal(encoded.length, list.length)
          const decoded = await codecOn(store, codecOptions).decode(encoded, inActivity)
          assert.deepEqual(decoded.map(plainly), before)
          assert.deepEqual(list.map(plainly), before, 'what was given is as it was')
        }),
        parameters,
      )
    })

    it('encodes them alike each time, and makes no object twice', async () => {
      await fc.assert(
        fc.asyncProperty(lists, async (list) => {
          const store = new MemoryObjectStore()
          const once = await codecOn(store, codecOptions).encode(list)
          const objects = await keysOf(store)
          const again = await codecOn(store, codecOptions).encode(list.map(reversed))
          assert.deepEqual(await keysOf(store), objects)
          for (const [index, payload] of again.entries()) {
            const before = once[index]
            assert.ok(before)
            assert.equal(isClaimPayload(payload), isClaimPayload(before))
            assert.equal(isSealedPayload(payload), isSealedPayload(before))
            // What is encrypted inline never looks the same twice, and must not.
            if (isSealedPayload(payload) && name === 'encrypted') continue
            assert.deepEqual(plainly(payload), plainly(before))
          }
        }),
        parameters,
      )
    })

    it('takes what is encoded as encoded, so that claims never nest', async () => {
      await fc.assert(
        fc.asyncProperty(lists, async (list) => {
          const store = new MemoryObjectStore()
          const codec = codecOn(store, codecOptions)
          const encoded = await codec.encode(list)
          const objects = await keysOf(store)
          const twice = await codecOn(store, codecOptions).encode(encoded.filter(isEncoded))
          assert.deepEqual(twice, encoded.filter(isEncoded))
          assert.deepEqual(await keysOf(store), objects)
        }),
        parameters,
      )
    })
  })
}

function codecOn(
  store: MemoryObjectStore,
  options: Partial<ClaimCheckCodecOptions>,
): ClaimCheckCodec {
  const clock = (): Date => WEEK_48
  return new ClaimCheckCodec({ store, namespace: 'default', clock, ...options })
}

function isEncoded(payload: Payload): boolean {
  return isClaimPayload(payload) || isSealedPayload(payload)
}

/** The same payload, its metadata in another order. */
function reversed(payload: Payload): Payload {
  if (!payload.metadata) return payload
  const entries = Object.entries(payload.metadata).toReversed()
  return { ...payload, metadata: Object.fromEntries(entries) }
}

async function keysOf(store: MemoryObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  return keys
}
