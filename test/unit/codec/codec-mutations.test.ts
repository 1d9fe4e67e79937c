import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Payload } from '@temporalio/common'
import fc from 'fast-check'
import {
  blobKey,
  CodedError,
  digestOf,
  generationOf,
  parseClaimPayload,
  staticKeys,
  type BlobClaim,
  type ClaimCheckCodec,
} from '../../../codec/index.ts'
import { toClaimPayload } from '../../../codec/claim-payload.ts'
import { payloadEncoding } from '../../../codec/payload-bytes.ts'
import { codecOn, first, payloadOf, plainly, WEEK_48 } from './codec-samples.ts'
import { mutations } from './mutations.ts'
import { seal } from './sealing-samples.ts'
import { WatchedStore } from './watched-store.ts'

const encryption = staticKeys({ keys: { '2026-11': randomBytes(32) } })
const parameters = { numRuns: 300 }
const payload = payloadOf(Buffer.from('{"airport":"OSL"}'.repeat(400)), 'json/plain')
const inlineOptions = { thresholdBytes: 100_000 }
const brokenClaim = ['CLAIM_MALFORMED', 'CLAIM_VERSION_UNKNOWN', 'CLAIM_FOREIGN']
const brokenBlob = ['BLOB_DAMAGED', 'BLOB_MISSING', 'PAYLOAD_TOO_LARGE']

for (const options of [{ name: 'plain' }, { name: 'encrypted', encryption }]) {
  const { name, ...codecOptions } = options
  describe(`one change, ${name}`, () => {
    it('of a claim gives an error with its name, or the value where people alone read it', async () => {
      const store = new WatchedStore()
      const claim = first(await codecOn(store, codecOptions).encode([payload]))
      const good = claim.data ?? new Uint8Array()
      await fc.assert(
        fc.asyncProperty(mutations, async (mutate) => {
          const data = mutate(good)
          const changed = { ...claim, data }
          const decoded = await outcome(codecOn(store, codecOptions), changed)
          if (typeof decoded === 'string') {
            assert.ok([...brokenClaim, ...brokenBlob].includes(decoded), decoded)
          } else {
            assert.deepEqual(plainly(decoded), plainly(payload))
            assert.deepEqual(essence(changed), essence(claim))
          }
        }),
        parameters,
      )
    })

    it('of stored bytes is damage, and never a value', async () => {
      const store = new WatchedStore()
      const claim = first(await codecOn(store, codecOptions).encode([payload]))
      const { key } = parseClaimPayload(claim)
      const good = await store.get(key)
      await fc.assert(
        fc.asyncProperty(mutations, async (mutate) => {
          const body = mutate(good)
          fc.pre(Buffer.compare(body, good) !== 0)
          await store.put(key, body, { contentType: 'x/y' })
          const decoded = await outcome(codecOn(store, codecOptions), claim)
          assert.equal(decoded, 'BLOB_DAMAGED')
        }),
        { numRuns: 150 },
      )
    })

    it('of a sealed payload is damage, and never a value', async () => {
      const codec = codecOn(new WatchedStore(), { ...inlineOptions, ...codecOptions })
      const sealed = first(await codec.encode([payload]))
      assert.equal(payloadEncoding(sealed), 'binary/claimcheck-v1')
      const good = sealed.data ?? new Uint8Array()
      await fc.assert(
        fc.asyncProperty(mutations, async (mutate) => {
          const data = mutate(good)
          fc.pre(Buffer.compare(data, good) !== 0)
          assert.equal(await outcome(codec, { ...sealed, data }), 'PAYLOAD_DAMAGED')
        }),
        parameters,
      )
    })

    it('of the encoding is an unknown version or a payload for nobody, never the value', async () => {
      const store = new WatchedStore()
      const parked = await codecOn(store, codecOptions).encode([payload])
      const inline = await codecOn(store, { ...inlineOptions, ...codecOptions }).encode([payload])
      for (const encoded of [first(parked), first(inline)]) {
        const good = Buffer.from(payloadEncoding(encoded))
        await fc.assert(
          fc.asyncProperty(mutations, async (mutate) => {
            const encoding = mutate(good)
            fc.pre(Buffer.compare(encoding, good) !== 0)
            const changed = { ...encoded, metadata: { encoding } }
            const decoded = await outcome(codecOn(store, codecOptions), changed)
            // Not ours any more, so untouched; no converter knows that encoding.
            if (typeof decoded !== 'string') assert.equal(decoded, changed)
            else assert.equal(decoded, 'CLAIM_VERSION_UNKNOWN')
          }),
          { numRuns: 100 },
        )
      }
    })
  })
}

describe('one change, encrypted', () => {
  it('by parts of another sealed payload is damage: nothing fits but the whole', async () => {
    const codec = codecOn(new WatchedStore(), { ...inlineOptions, encryption })
    const other = payloadOf(Buffer.from('{"airport":"BGO"}'.repeat(400)), 'json/plain')
    const [left, right] = (await codec.encode([payload, other])).map(({ data }) => data)
    assert.ok(left && right)
    for (let cut = 1; cut < Math.min(left.byteLength, right.byteLength); cut += 1) {
      const data = Buffer.concat([left.subarray(0, cut), right.subarray(cut)])
      if (data.equals(left) || data.equals(right)) continue
      const encoded = payloadOf(data, 'binary/claimcheck-v1')
      assert.equal(await outcome(codec, encoded), 'PAYLOAD_DAMAGED', `cut at ${cut}`)
    }
  })
})

describe('what was never a payload', () => {
  it('is told by the codec, in a blob and inline, whatever its bytes', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (plain) => {
        const claim = await claimOf(store, plain)
        const parked = await outcome(codec, toClaimPayload(claim))
        const inline = await outcome(codec, payloadOf(await seal(plain), 'binary/claimcheck-v1'))
        // Some bytes are a payload by chance; then both readers must see the same one.
        if (typeof parked === 'string') {
          assert.deepEqual([parked, inline], ['CLAIM_MALFORMED', 'PAYLOAD_DAMAGED'])
        } else {
          assert.ok(typeof inline !== 'string')
          assert.deepEqual(plainly(inline), plainly(parked))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('and any bytes at all under the names of ours are errors with a name', async () => {
    const codec = codecOn(new WatchedStore())
    const encodings = fc.constantFrom('json/claimcheck-v1', 'binary/claimcheck-v1')
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(encodings, bytes, async (encoding, data) => {
        const decoded = await outcome(codec, payloadOf(data, encoding))
        assert.ok(typeof decoded === 'string')
        assert.ok([...brokenClaim, 'PAYLOAD_DAMAGED'].includes(decoded), decoded)
      }),
      parameters,
    )
  })
})

/** What came out, or the code of the error. */
async function outcome(codec: ClaimCheckCodec, encoded: Payload): Promise<Payload | string> {
  try {
    return first(await codec.decode([encoded]))
  } catch (error) {
    assert.ok(error instanceof CodedError, `no error of ours: ${String(error)}`)
    return error.code
  }
}

/** Without the members that are for people: bucket, stored bytes and encoding. */
function essence(claim: Payload): unknown {
  const { key, digest, sizeBytes, generation } = parseClaimPayload(claim)
  return { key, digest, sizeBytes, generation }
}

async function claimOf(store: WatchedStore, plain: Uint8Array): Promise<BlobClaim> {
  const digest = await digestOf(plain)
  const generation = generationOf(WEEK_48)
  const key = blobKey({ namespace: 'default', generation, digest })
  const body = await seal(plain)
  await store.put(key, body, { contentType: 'x/y' })
  const sizes = { sizeBytes: plain.byteLength, storedBytes: body.byteLength }
  return { kind: 'blob', bucket: 'memory', key, digest, ...sizes, encoding: '', generation }
}
