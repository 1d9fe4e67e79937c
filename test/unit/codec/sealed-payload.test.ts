import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { ApplicationFailure, type Payload } from '@temporalio/common'
import fc from 'fast-check'
import { payloadBytes, payloadEncoding } from '../../../codec/payload-bytes.ts'
import { isSealedPayload } from '../../../codec/sealed-payload.ts'
import { codecOn, first, inActivity, payloadOf, plainly } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

const thresholdBytes = 128 * 1024
const sealing = (): ReturnType<typeof codecOn> => codecOn(new WatchedStore(), { thresholdBytes })

describe('sealed payload', () => {
  it('is made of 4 KiB and more, where that saves', async () => {
    const codec = sealing()
    const [below, at, above] = [4075, 4076, 50_000].map((size) =>
      payloadOf(Buffer.alloc(size, 'a')),
    )
    assert.ok(below && at && above)
    const encoded = await codec.encode([below, at, above])
    assert.equal(encoded[0], below)
    assert.deepEqual(encoded.map(isSealedPayload), [false, true, true])
    assert.deepEqual(encoded.slice(1).map(payloadEncoding), Array(2).fill('binary/claimcheck-v1'))
    assert.ok(payloadBytes(encoded[2] ?? {}) < 200)
    assert.deepEqual((await codec.decode(encoded)).map(plainly), [below, at, above].map(plainly))
  })

  it('is not made of what does not compress', async () => {
    const list = [payloadOf(randomBytes(50_000))]
    assert.equal(first(await sealing().encode(list)), list[0])
  })

  it('is not made where nothing is to be compressed', async () => {
    const codec = codecOn(new WatchedStore(), { thresholdBytes, compressBytes: Infinity })
    const list = [payloadOf(Buffer.alloc(50_000))]
    assert.equal(first(await codec.encode(list)), list[0])
  })

  it('is always smaller than what it was made of', async () => {
    const codec = sealing()
    const texts = fc.string({ minLength: 1, maxLength: 60 }).map((text) => text.repeat(500))
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const payload = payloadOf(Buffer.from(text), 'json/plain')
        const encoded = first(await codec.encode([payload]))
        if (encoded !== payload) assert.ok(payloadBytes(encoded) < payloadBytes(payload))
        assert.deepEqual(plainly(first(await codec.decode([encoded]))), plainly(payload))
      }),
      { numRuns: 40 },
    )
  })

  it('keeps metadata byte for byte, whatever the names', async () => {
    const codec = sealing()
    const metadata: NonNullable<Payload['metadata']> = {
      encoding: Buffer.from([0, 255, 128]),
      '': Buffer.from('empty name'),
      ü: randomBytes(10),
      '10': Buffer.from('ten'),
      '9': Buffer.from('nine'),
      messageType: Buffer.alloc(0),
      constructor: Buffer.from('a'),
      ['__proto__']: Buffer.from('b'),
    }
    const payload = { metadata, data: Buffer.alloc(5000) }
    const sealed = first(await codec.encode([payload]))
    assert.ok(isSealedPayload(sealed))
    assert.deepEqual(Object.keys(sealed.metadata ?? {}), ['encoding'])
    const decoded = first(await codec.decode([sealed]))
    assert.deepEqual(
      Object.keys(decoded.metadata ?? {}).toSorted(),
      Object.keys(metadata).toSorted(),
    )
    for (const [name, value] of Object.entries(metadata)) {
      assert.deepEqual(Buffer.from(decoded.metadata?.[name] ?? []), Buffer.from(value), name)
    }
  })

  it('encoded again stays itself', async () => {
    const codec = sealing()
    const once = await codec.encode([payloadOf(Buffer.alloc(50_000))])
    assert.equal(first(await codec.encode(once)), once[0])
  })

  it('damaged anywhere is an error that names it, once and for all', async () => {
    const codec = sealing()
    const sealed = first(await codec.encode([payloadOf(Buffer.alloc(5000))]))
    const data = Buffer.from(sealed.data ?? [])
    for (let index = 0; index < data.byteLength; index += 1) {
      const bad = Buffer.from(data)
      bad.writeUInt8(bad.readUInt8(index) ^ 0x10, index)
      const damaged = { ...sealed, data: bad }
      await assert.rejects(codec.decode([damaged]), { code: 'PAYLOAD_DAMAGED', retryable: false })
    }
    for (const bad of [data.subarray(1), data.subarray(0, -1), Buffer.alloc(0)]) {
      await assert.rejects(codec.decode([{ ...sealed, data: bad }]), { code: 'PAYLOAD_DAMAGED' })
    }
    const { metadata } = sealed
    await assert.rejects(codec.decode([metadata ? { metadata } : {}]), { code: 'PAYLOAD_DAMAGED' })
    await assert.rejects(
      codec.decode([{ ...sealed, data: data.subarray(1) }], inActivity),
      (error: Error) => {
        assert.ok(error instanceof ApplicationFailure)
        assert.deepEqual([error.type, error.nonRetryable], ['PAYLOAD_DAMAGED', true])
        return true
      },
    )
  })

  it('of a version to come is told apart from a damaged one', async () => {
    const later = payloadOf(Buffer.from('of tomorrow'), 'binary/claimcheck-v2')
    await assert.rejects(sealing().decode([later]), {
      code: 'CLAIM_VERSION_UNKNOWN',
      message: /knownEncoding=binary\/claimcheck-v1/,
    })
    assert.equal(first(await sealing().encode([later])), later)
  })

  it('never becomes larger than the ceiling of this reader', async () => {
    const sealed = await sealing().encode([payloadOf(Buffer.alloc(100_000))])
    const codec = codecOn(new WatchedStore(), { maxPayloadBytes: 10_000 })
    await assert.rejects(codec.decode(sealed), { code: 'PAYLOAD_DAMAGED' })
  })
})
