import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { CancelledFailure, type Payload } from '@temporalio/common'
import {
  ClaimCheckError,
  isClaimPayload,
  type MemoryObjectStore,
  type ClaimCheckCodec,
} from '../../../codec/index.ts'
import { inActivityContext } from './activity-samples.ts'
import { codecOn, first, inActivity, payloadOf, plainly } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

const cancelled = new CancelledFailure('CANCELLED')
const large = (): Payload => payloadOf(randomBytes(5000))

/** A store whose calls cannot reach it, or hang until they are given up. */
class StuckStore extends WatchedStore {
  trouble: 'none' | 'unreachable' | 'hanging' = 'none'

  override async putIfAbsent(
    ...[key, body, options]: Parameters<MemoryObjectStore['putIfAbsent']>
  ): Promise<'written' | 'present'> {
    await this.#suffer(options.signal)
    return super.putIfAbsent(key, body, options)
  }

  override async get(...[key, options]: Parameters<MemoryObjectStore['get']>): Promise<Uint8Array> {
    await this.#suffer(options?.signal)
    return super.get(key, options)
  }

  async #suffer(signal: AbortSignal | undefined): Promise<void> {
    if (this.trouble === 'none') return
    if (this.trouble === 'unreachable') {
      throw new ClaimCheckError('STORE_UNREACHABLE', 'no route', { remedy: '', retryable: true })
    }
    await new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }
}

describe('codec: a call beside activities that wait for the store', () => {
  const troubles = [
    { trouble: 'hanging', taskTimeoutMs: 20, message: /not done within 21 ms/ },
    // Not even so long: it hears of the outage as if there were no activities.
    { trouble: 'unreachable', taskTimeoutMs: 5000, message: /no route|has not answered since/ },
  ] as const
  for (const { trouble, taskTimeoutMs, message } of troubles) {
    it(`ends within its own time, though they take every place, ${trouble}`, async () => {
      const store = new StuckStore()
      const claims = await codecOn(store).encode([large()])
      store.trouble = trouble
      const codec = codecOn(store, { concurrency: 2, taskTimeoutMs })
      const { signal, abort } = ending()
      const waiting = [1, 2, 3].map(async () => parkInActivity(codec, large(), signal))
      const failure = { code: 'STORE_UNREACHABLE', message }
      await assert.rejects(codec.encode([large()]), failure)
      await assert.rejects(codec.decode(claims), failure)
      abort()
      for (const result of waiting) await assert.rejects(result, (error) => error === cancelled)
    })
  }

  it('ends within its own time, though one of them is about the same blob', async () => {
    const store = new StuckStore()
    const payload = large()
    const claims = await codecOn(store).encode([payload])
    store.trouble = 'hanging'
    const codec = codecOn(store, { taskTimeoutMs: 20 })
    const { signal, abort } = ending()
    const parking = parkInActivity(codec, payload, signal)
    const reading = inActivityContext(async () => codec.decode(claims, inActivity), { signal })
    await assert.rejects(codec.encode([payload]), { code: 'STORE_UNREACHABLE' })
    await assert.rejects(codec.decode(claims), { code: 'STORE_UNREACHABLE' })
    abort()
    await assert.rejects(parking, (error) => error === cancelled)
    await assert.rejects(reading, (error) => error === cancelled)
  })
})

describe('codec: a call that gives up waiting for a place', () => {
  it('leaves it to the next', async () => {
    const store = new StuckStore()
    store.trouble = 'hanging'
    const codec = codecOn(store, { concurrency: 1 })
    const holder = ending()
    const holding = parkInActivity(codec, large(), holder.signal)
    const waiter = ending()
    const waiting = parkInActivity(codec, large(), waiter.signal)
    const next = parkInActivity(codec, large(), ending().signal)
    // Until all of them wait.
    await new Promise(setImmediate)
    waiter.abort()
    await assert.rejects(waiting, (error) => error === cancelled)
    store.trouble = 'none'
    holder.abort()
    await assert.rejects(holding, (error) => error === cancelled)
    assert.ok(isClaimPayload(first(await next)))
  })
})

describe('codec: calls about the same blob', () => {
  it('share one answer where that is for good', async () => {
    const store = new WatchedStore()
    const claims = await codecOn(store).encode([large()])
    await store.delete(await store.keys())
    const codec = codecOn(store)
    const reads = Array.from({ length: 10 }, async () => codec.decode(claims))
    for (const read of reads) await assert.rejects(read, { code: 'BLOB_MISSING' })
    assert.equal(store.read.length, 1)
  })

  it('go on where the activity that was first is cancelled', async () => {
    const store = new StuckStore()
    const payload = large()
    const codec = codecOn(store)
    store.trouble = 'hanging'
    const parker = ending()
    const parking = parkInActivity(codec, payload, parker.signal)
    const alsoParking = codec.encode([payload])
    store.trouble = 'none'
    parker.abort()
    await assert.rejects(parking, (error) => error === cancelled)
    const claims = await alsoParking
    assert.ok(isClaimPayload(first(claims)))

    const reader = codecOn(store)
    store.trouble = 'hanging'
    const fetcher = ending()
    const reading = inActivityContext(async () => reader.decode(claims, inActivity), {
      signal: fetcher.signal,
    })
    const alsoReading = reader.decode(claims)
    await new Promise(setImmediate)
    store.trouble = 'none'
    fetcher.abort()
    await assert.rejects(reading, (error) => error === cancelled)
    assert.deepEqual((await alsoReading).map(plainly), [plainly(payload)])
  })
})

function ending(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(cancelled) }
}

async function parkInActivity(
  codec: ClaimCheckCodec,
  payload: Payload,
  signal: AbortSignal,
): Promise<Payload[]> {
  return inActivityContext(async () => codec.encode([payload], inActivity), { signal })
}
