import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import {
  ClaimCheckError,
  createClaims,
  isClaimPayload,
  type MemoryObjectStore,
  staticKeys,
  withCircuitBreaker,
} from '../../../codec/index.ts'
import { inActivityContext } from './activity-samples.ts'
import { codecOn, first, inActivity, payloadOf, plainly } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

/** A store whose writes cannot reach it so often, and whose reads as well where it is dead. */
class WeakStore extends WatchedStore {
  failures = 0

  override async putIfAbsent(
    ...inputs: Parameters<MemoryObjectStore['putIfAbsent']>
  ): Promise<'written' | 'present'> {
    if (this.failures === 0) return super.putIfAbsent(...inputs)
    this.failures -= 1
    this.written.push(inputs[0])
    throw unreachable()
  }

  override async get(...inputs: Parameters<MemoryObjectStore['get']>): Promise<Uint8Array> {
    if (this.failures < Infinity) return super.get(...inputs)
    this.read.push(inputs[0])
    throw unreachable()
  }
}

const payload = payloadOf(randomBytes(5000))

describe('codec: a store that fails for a while', () => {
  it('is tried again inside an activity, whose body then runs once', async () => {
    const store = new WeakStore()
    store.failures = 3
    // The codec's own breaker pauses for seconds; this one, below it, is as patient, and quicker.
    const codec = codecOn(store, { store: withCircuitBreaker(store, { openForMs: 1 }) })
    const claims = await inActivityContext(async () => codec.encode([payload], inActivity))
    assert.ok(isClaimPayload(first(claims)))
    assert.equal(store.written.length, 4)
    assert.equal((await store.keys()).length, 1)
  })

  it('fails a call from elsewhere as retryable, and serves the next', async () => {
    const store = new WeakStore()
    store.failures = 3
    const codec = codecOn(store)
    for (let call = 0; call < 3; call += 1) {
      await assert.rejects(codec.encode([payload]), { code: 'STORE_UNREACHABLE', retryable: true })
    }
    assert.ok(isClaimPayload(first(await codec.encode([payload]))))
  })
})

describe('codec: a store that is dead', () => {
  it('is no longer asked outside activities, reading or writing', async () => {
    const store = new WeakStore()
    const claims = await codecOn(store).encode([payload])
    store.written.length = 0
    store.failures = Infinity
    const codec = codecOn(store)
    for (let call = 0; call < 20; call += 1) {
      await assert.rejects(codec.encode([payload]), { code: 'STORE_UNREACHABLE' })
      await assert.rejects(codec.decode(claims), { code: 'STORE_UNREACHABLE' })
    }
    assert.equal(store.written.length + store.read.length, 5)
    await assert.rejects(codec.encode([payload], inActivity), (error: Error) => {
      assert.ok(error instanceof ApplicationFailure)
      assert.deepEqual([error.type, error.nonRetryable], ['STORE_UNREACHABLE', false])
      return true
    })
  })

  it('is known to be so by all codecs on it, and to claims', async () => {
    const store = new WeakStore()
    store.failures = Infinity
    for (let call = 0; call < 5; call += 1) await assert.rejects(codecOn(store).encode([payload]))
    assert.equal(store.written.length, 5)
    await assert.rejects(codecOn(store).encode([payload]), /has not answered since/)
    assert.equal(store.written.length, 5)
    const claims = createClaims({ store, namespace: 'default' })
    const signal = AbortSignal.timeout(20)
    await assert.rejects(inActivityContext(async () => claims.parkValue([1]), { signal }))
    assert.equal(store.written.length, 5)
  })

  it('keeps nothing waiting that needs no store', async () => {
    const store = new WeakStore()
    store.failures = Infinity
    const codec = codecOn(store)
    const small = payloadOf(Buffer.from('small'))
    for (let call = 0; call < 6; call += 1) await assert.rejects(codec.encode([payload]))
    assert.deepEqual(await codec.encode([small]), [small])
    const result = inActivityContext(async () => codec.encode([small], inActivity))
    assert.deepEqual(await result, [small])
  })

  it('is waited for inside an activity, as long as that may take', async () => {
    const store = new WeakStore()
    store.failures = Infinity
    const codec = codecOn(store, { activityTimeoutMs: 30 })
    const encoding = inActivityContext(async () => codec.encode([payload], inActivity))
    await assert.rejects(encoding, (error: Error) => {
      assert.ok(error instanceof ApplicationFailure)
      assert.equal(error.type, 'STORE_UNREACHABLE')
      assert.match(error.message, /not done within 31 ms/)
      return true
    })
  })

  it('is not waited for by an activity that is cancelled meanwhile', async () => {
    const store = new WeakStore()
    store.failures = Infinity
    const controller = new AbortController()
    const encoding = inActivityContext(async () => codecOn(store).encode([payload], inActivity), {
      signal: controller.signal,
    })
    const reason = new CancelledFailure('CANCELLED')
    controller.abort(reason)
    await assert.rejects(encoding, (error) => error === reason)
  })
})

describe('codec: an activity that is cancelled already', () => {
  const signal = AbortSignal.abort(new CancelledFailure('CANCELLED'))
  const encryption = staticKeys({ keys: { '2026-11': randomBytes(32) } })

  it('can still tell its result and its failure, encrypted and parked too', async () => {
    const codec = codecOn(new WatchedStore(), { encryption })
    const list = [payloadOf(Buffer.from('the message of a failure')), payload]
    const encoded = await inActivityContext(async () => codec.encode(list, inActivity), { signal })
    assert.deepEqual((await codec.decode(encoded)).map(plainly), list.map(plainly))
  })
})

function unreachable(): ClaimCheckError {
  return new ClaimCheckError('STORE_UNREACHABLE', 'no route to the store', {
    remedy: 'Wait.',
    retryable: true,
  })
}
