import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { asyncLocalStorage } from '@temporalio/activity'
import fc from 'fast-check'
import {
  createClaims,
  staticKeys,
  type Claim,
  type Claims,
  type ClaimsOptions,
} from '../../../codec/index.ts'
import { activityContext, inActivityContext } from '../../unit/codec/activity-samples.ts'
import { WatchedStore } from '../../unit/codec/watched-store.ts'

const encryption = staticKeys({ keys: { '2026-11': randomBytes(32) } })
const noise = randomBytes(2_500_000)

describe('claim of a stream', () => {
  for (const options of [{}, { encryption }]) {
    const kind = 'encryption' in options ? 'encrypted' : 'plain'
    it(`gives back the bytes, in whatever pieces they come, ${kind}`, async () => {
      const claims = claimsOn(new WatchedStore(), options)
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: noise.byteLength }),
          fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 5 }),
          async (sizeBytes, pieceSizes) => {
            const bytes = noise.subarray(0, sizeBytes)
            const back = await inActivityContext(async () => {
              const source = Readable.from(piecesOf(bytes, pieceSizes), { objectMode: false })
              const claim = await claims.parkStream(source)
              assert.equal(claim.sizeBytes, sizeBytes)
              return buffer(claims.fetchStream(claim))
            })
            assert.ok(back.equals(bytes))
          },
        ),
        { numRuns: 15 },
      )
    })
  }

  it('takes single bytes, empty pieces, text, and no piece at all', async () => {
    const claims = claimsOn(new WatchedStore())
    const sources: readonly (readonly [pieces: readonly unknown[], bytes: string])[] = [
      [[...Buffer.from('byte by byte')].map((byte) => Uint8Array.of(byte)), 'byte by byte'],
      [[Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(0), Buffer.from('b')], 'ab'],
      [['å', 'land'], 'åland'],
      [[], ''],
    ]
    for (const [pieces, bytes] of sources) {
      const back = await inActivityContext(async () =>
        buffer(claims.fetchStream(await claims.parkStream(Readable.from(pieces)))),
      )
      assert.equal(back.toString(), bytes)
    }
  })

  it('is fetched whole too, as bytes', async () => {
    const claims = claimsOn(new WatchedStore())
    const back = await inActivityContext(async () =>
      claims.fetchValue(await claims.parkStream(streamOf(noise))),
    )
    assert.ok(Buffer.compare(back, noise) === 0)
  })

  it('tells how far it is, parking and fetching', async () => {
    const claims = claimsOn(new WatchedStore())
    const seen: number[] = []
    const onProgress = (plainBytes: number): void => void seen.push(plainBytes)
    await inActivityContext(async () => {
      const claim = await claims.parkStream(streamOf(noise), { onProgress })
      assert.equal(seen.at(-1), noise.byteLength)
      await buffer(claims.fetchStream(claim, { onProgress }))
      assert.equal(seen.at(-1), noise.byteLength)
    })
    assert.ok(seen.length > 5)
  })

  it('has an object for each attempt and each stream of it', async () => {
    const store = new WatchedStore()
    const claims = claimsOn(store)
    const names: string[] = []
    for (const attempt of [1, 2]) {
      await asyncLocalStorage.run(activityContext({ info: { attempt } }), async () => {
        for (let count = 0; count < 2; count += 1) {
          const { key } = await claims.parkStream(streamOf(Buffer.from('same')))
          names.push(key.split('/').at(-1) ?? '')
        }
      })
    }
    assert.deepEqual(names, ['7.1.1', '7.1.2', '7.2.1', '7.2.2'])
    assert.equal((await store.keys()).length, 4)
  })

  it('gives no byte of a damaged frame, and fails at the end where the whole is wrong', async () => {
    const store = new WatchedStore()
    const claims = claimsOn(store)
    const claim = await parked(claims, noise)
    const good = Buffer.from(await store.get(claim.key))
    const bad = Buffer.from(good)
    bad.writeUInt8(bad.readUInt8(1_500_000) ^ 1, 1_500_000)
    await store.put(claim.key, bad, { contentType: 'x/y' })
    const seen = await readUntilFailure(claims.fetchStream(claim), 'BLOB_DAMAGED')
    assert.ok(seen.equals(noise.subarray(0, seen.byteLength)))
    assert.ok(seen.byteLength < noise.byteLength)
    await store.put(claim.key, good, { contentType: 'x/y' })
    const { digest } = await parked(claims, noise.subarray(1))
    const wrong = { ...claim, digest }
    await readUntilFailure(claims.fetchStream(wrong), 'BLOB_DAMAGED')
  })

  it('fails with what is wrong before its first byte', async () => {
    const store = new WatchedStore()
    const claim = await parked(claimsOn(store, { encryption }), noise)
    await readUntilFailure(claimsOn(store).fetchStream(claim), 'ENCRYPTION_KEY_MISSING')
    await store.delete([claim.key])
    await readUntilFailure(claimsOn(store).fetchStream(claim), 'BLOB_MISSING')
    const foreign = claimsOn(store, { namespace: 'other' })
    assert.throws(() => foreign.fetchStream(claim), { code: 'CLAIM_FOREIGN' })
  })
})

describe('a stream that is not parked to its end', () => {
  it('gives the error of its source, and leaves nothing', async () => {
    const store = new WatchedStore()
    const claims = claimsOn(store)
    const trouble = new Error('the source hung up')
    for (const pieces of [0, 1, 40]) {
      const source = Readable.from(brokenAfter(pieces, trouble))
      const parking = inActivityContext(async () => claims.parkStream(source))
      await assert.rejects(parking, (error) => error === trouble)
      assert.equal(source.destroyed, true)
    }
    assert.deepEqual(await store.keys(), [])
  })

  it('of what is neither bytes nor text says so, and leaves nothing', async () => {
    const store = new WatchedStore()
    const parking = inActivityContext(async () =>
      claimsOn(store).parkStream(Readable.from([{ id: 1 }])),
    )
    await assert.rejects(parking, /must yield bytes/)
    assert.deepEqual(await store.keys(), [])
  })

  it('ends with the activity when that is cancelled, and leaves nothing', async () => {
    const store = new WatchedStore()
    const controller = new AbortController()
    const reason = new Error('cancelled')
    const source = new Readable({ read: () => undefined })
    source.push(Buffer.from('the first piece'))
    const parking = inActivityContext(
      async () =>
        claimsOn(store).parkStream(source, { onProgress: () => controller.abort(reason) }),
      { signal: controller.signal },
    )
    await assert.rejects(parking, (error) => error === reason)
    assert.equal(source.destroyed, true)
    assert.deepEqual(await store.keys(), [])
  })

  it('is let go of where the key cannot be had, its own error too', async () => {
    const keys = {
      current: async () => Promise.reject(new Error('the key service is away')),
      find: () => undefined,
    }
    const source = new Readable({ read: () => undefined })
    const claims = claimsOn(new WatchedStore(), { encryption: keys })
    const parking = inActivityContext(async () => claims.parkStream(source))
    source.emit('error', new Error('at the same time'))
    await assert.rejects(parking, /key service/)
    assert.equal(source.destroyed, true)
  })

  it('is not begun outside an activity', async () => {
    const parking = claimsOn(new WatchedStore()).parkStream(streamOf(noise))
    await assert.rejects(parking, { code: 'VALUE_UNSUPPORTED' })
  })
})

describe('a stream that is not fetched to its end', () => {
  it('ends with the activity when that is cancelled', async () => {
    const claims = claimsOn(new WatchedStore())
    // More than is read ahead.
    const claim = await parked(claims, Buffer.concat([noise, noise, noise]))
    const controller = new AbortController()
    const reading = inActivityContext(
      async () =>
        buffer(
          claims.fetchStream(claim, { onProgress: () => controller.abort(new Error('cancelled')) }),
        ),
      { signal: controller.signal },
    )
    await assert.rejects(reading, /cancelled/)
  })

  it('is simply dropped', async () => {
    const claims = claimsOn(new WatchedStore())
    const claim = await parked(claims, noise)
    for await (const piece of claims.fetchStream(claim)) {
      assert.ok(piece instanceof Uint8Array && piece.byteLength > 0)
      break
    }
    claims.fetchStream(claim).destroy()
  })
})

function claimsOn(store: WatchedStore, options: Partial<ClaimsOptions> = {}): Claims {
  return createClaims({ store, namespace: 'default', ...options })
}

async function parked(claims: Claims, bytes: Uint8Array): Promise<Claim<Uint8Array>> {
  return inActivityContext(async () => claims.parkStream(streamOf(bytes)))
}

function streamOf(bytes: Uint8Array): Readable {
  return Readable.from(piecesOf(bytes, [100_000]), { objectMode: false })
}

/** Pieces of these sizes, again and again. */
function* piecesOf(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.byteLength; turn += 1) {
    const end = start + (sizes[turn % sizes.length] ?? 1)
    yield bytes.subarray(start, end)
    start = end
  }
}

async function* brokenAfter(pieces: number, error: Error): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < pieces; count += 1) yield noise.subarray(0, 60_000)
  throw error
}

async function readUntilFailure(stream: Readable, code: string): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  await assert.rejects(
    async () => {
      for await (const piece of stream) pieces.push(Buffer.from(piece))
    },
    { code },
  )
  return Buffer.concat(pieces)
}
