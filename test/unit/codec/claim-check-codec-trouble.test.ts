import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common'
import {
  ClaimCheckCodec,
  ClaimCheckError,
  MemoryObjectStore,
  parseClaimPayload,
} from '../../../codec/index.ts'
import { codecOn, first, inActivity, payloadOf, plainly } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

describe('codec: what goes wrong', () => {
  it('a blob that is gone is named, and read again once it is back', async () => {
    const store = new WatchedStore()
    const payload = payloadOf(randomBytes(5000))
    const claims = await codecOn(store).encode([payload])
    const { key } = parseClaimPayload(first(claims))
    const saved = await store.get(key)
    await store.delete([key])
    const codec = codecOn(store)
    await assert.rejects(codec.decode(claims), (error: Error) => {
      assert.ok(error instanceof ClaimCheckError)
      assert.equal(error.code, 'BLOB_MISSING')
      assert.ok(error.message.includes(`bucket=memory, key=${key}`))
      return true
    })
    await store.put(key, saved, { contentType: 'x/y' })
    assert.deepEqual(plainly(first(await codec.decode(claims))), plainly(payload))
  })

  it('a blob that is gone from a bucket that was moved names both', async () => {
    const store = new WatchedStore()
    const old = new ClaimCheckCodec({
      store: new MemoryObjectStore({ bucket: 'old' }),
      namespace: 'default',
      thresholdBytes: 2000,
    })
    const claims = await old.encode([payloadOf(randomBytes(5000))])
    await assert.rejects(codecOn(store).decode(claims), {
      code: 'BLOB_MISSING',
      message: /bucket=memory, .*writtenTo=old/,
    })
  })

  it('a blob of other bytes is an error with both digests, never a value', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store)
    const [one, other] = await codec.encode([
      payloadOf(Buffer.alloc(5000, 'a')),
      payloadOf(Buffer.alloc(5000, 'b')),
    ])
    assert.ok(one && other)
    const { key, digest } = parseClaimPayload(one)
    const wrong = parseClaimPayload(other)
    await store.put(key, await store.get(wrong.key), { contentType: 'x/y' })
    await assert.rejects(codecOn(store).decode([one]), (error: Error) => {
      assert.ok(error.message.includes(digest) && error.message.includes(wrong.digest))
      return error instanceof ClaimCheckError && error.code === 'BLOB_DAMAGED'
    })
  })

  it('a blob that has become longer than its claim allows is not held', async () => {
    const store = new WatchedStore()
    const claims = await codecOn(store).encode([payloadOf(randomBytes(5000))])
    const { key } = parseClaimPayload(first(claims))
    await store.put(key, Buffer.alloc(1_000_000), { contentType: 'x/y' })
    await assert.rejects(codecOn(store).decode(claims), {
      code: 'BLOB_DAMAGED',
      message: /longer than its claim allows/,
    })
  })

  it('any flipped byte is an error, never a value, and mending the object mends the read', async () => {
    const store = new WatchedStore()
    const payload = payloadOf(Buffer.from('claim'.repeat(1000)))
    const claims = await codecOn(store).encode([payload])
    const { key } = parseClaimPayload(first(claims))
    const good = await store.get(key)
    const codec = codecOn(store)
    for (let index = 0; index < good.byteLength; index += 1) {
      const bad = Buffer.from(good)
      bad.writeUInt8(bad.readUInt8(index) ^ 0x10, index)
      await store.put(key, bad, { contentType: 'x/y' })
      await assert.rejects(codec.decode(claims), { code: 'BLOB_DAMAGED' })
    }
    await store.put(key, good, { contentType: 'x/y' })
    assert.deepEqual(plainly(first(await codec.decode(claims))), plainly(payload))
  })

  it('a payload of just the ceiling passes, there and back', async () => {
    const codec = codecOn(new WatchedStore(), { maxPayloadBytes: 10_000 })
    const payload = payloadOf(randomBytes(10_000 - 29))
    const claims = await codec.encode([payload])
    assert.equal(parseClaimPayload(first(claims)).sizeBytes, 10_000)
    assert.deepEqual((await codec.decode(claims)).map(plainly), [plainly(payload)])
    await assert.rejects(codec.encode([payloadOf(randomBytes(10_000 - 28))]), {
      code: 'PAYLOAD_TOO_LARGE',
    })
  })

  it('a payload over the ceiling is refused before anything is sent, with size and limit', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store, { maxPayloadBytes: 10_000 })
    const list = [payloadOf(randomBytes(5000)), payloadOf(randomBytes(10_001))]
    await assert.rejects(codec.encode(list), {
      code: 'PAYLOAD_TOO_LARGE',
      message:
        'A payload of 10030 bytes is over the limit of 10000 bytes [payload=1, encoding=binary/plain]',
    })
    assert.deepEqual(store.written, [])
    const large = await codecOn(store).encode([payloadOf(randomBytes(20_000))])
    await assert.rejects(codec.decode(large), { code: 'PAYLOAD_TOO_LARGE' })
  })

  it('what is within the ceiling can be read again, however long its metadata is', async () => {
    for (const entries of [100, 400, 1200]) {
      const names = Array.from({ length: entries }, (_, index) => [`n${index}`, randomBytes(1)])
      const payload = { metadata: Object.fromEntries(names), data: randomBytes(1000) }
      const codec = codecOn(new WatchedStore(), { maxPayloadBytes: 10_000 })
      const encoded = await codec.encode([payload]).catch(() => undefined)
      assert.equal(encoded === undefined, entries === 1200)
      if (encoded === undefined) continue
      assert.deepEqual((await codec.decode(encoded)).map(plainly), [plainly(payload)])
    }
  })

  it('a claim of a version to come is told apart from a broken one', async () => {
    const codec = codecOn(new WatchedStore())
    const later = payloadOf(Buffer.from('{"claim":2}'), 'json/claimcheck-v2')
    await assert.rejects(codec.decode([later]), { code: 'CLAIM_VERSION_UNKNOWN' })
    assert.equal(first(await codec.encode([later])), later)
    const broken = payloadOf(Buffer.from('{"claim":1}'), 'json/claimcheck-v1')
    await assert.rejects(codec.decode([broken]), { code: 'CLAIM_MALFORMED' })
  })

  it('on the path of an activity, fails it once where trying again cannot help', async () => {
    const store = new WatchedStore()
    const claims = await codecOn(store).encode([payloadOf(randomBytes(5000))])
    await store.delete(await store.keys())
    const codec = codecOn(store, { maxPayloadBytes: 10_000 })
    const tooLarge = [payloadOf(randomBytes(20_000))]
    const attempts = [
      { type: 'BLOB_MISSING', run: async () => codec.decode(claims, inActivity) },
      { type: 'PAYLOAD_TOO_LARGE', run: async () => codec.encode(tooLarge, inActivity) },
    ]
    for (const { type, run } of attempts) {
      await assert.rejects(run, (error: Error) => {
        assert.ok(error instanceof ApplicationFailure)
        assert.deepEqual([error.type, error.nonRetryable], [type, true])
        return true
      })
    }
  })

  it('on the path of a workflow, stays what it is: its task is tried again whatever it is', async () => {
    const codec = codecOn(new WatchedStore(), { maxPayloadBytes: 10_000 })
    const context = { type: 'workflow', namespace: 'default', workflowId: 'x' } as const
    const encoding = codec.encode([payloadOf(randomBytes(20_000))], context)
    await assert.rejects(encoding, (error) => error instanceof ClaimCheckError)
    const claims = await codecOn(new WatchedStore()).encode([payloadOf(randomBytes(5000))])
    const decoding = codec.decode(claims, context)
    await assert.rejects(decoding, (error) => error instanceof ClaimCheckError)
  })

  it('keeps what was stored when another payload of the list fails', async () => {
    const store = new WatchedStore()
    const codec = codecOn(store)
    const payloads = [payloadOf(randomBytes(5000)), payloadOf(randomBytes(5000))]
    store.failNextWrite = true
    await assert.rejects(codec.encode(payloads), /out of order/)
    assert.equal(store.written.length, 2)
    // The call has waited for what was still under way.
    assert.equal((await store.keys()).length, 1)
    // Only the one that failed, whichever of the two came first.
    await codec.encode(payloads)
    assert.equal(store.written.length, 3)
  })

  it('a reader without the codec fails loudly instead of taking the claim for the value', async () => {
    const claims = await codecOn(new WatchedStore()).encode([payloadOf(randomBytes(5000))])
    assert.throws(() => defaultPayloadConverter.fromPayload(first(claims)), /Unknown encoding/)
  })
})
