import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Readable } from 'node:stream'
import {
  ClaimCheckError,
  MemoryObjectStore,
  withCircuitBreaker,
  type CallOptions,
  type ObjectHead,
  type ObjectKey,
  type ObjectStore,
} from '../../../codec/index.ts'
import { objectStoreSuite } from '../../support/object-store-suite.ts'

const key = 'folder/object' as ObjectKey
const plain = { contentType: 'text/plain' }
const UNREACHABLE = { code: 'STORE_UNREACHABLE', retryable: true }
const OPEN_FOR_MS = 5_000

objectStoreSuite('memory, behind a circuit breaker', {
  open: async () => withCircuitBreaker(new MemoryObjectStore()),
  partBytes: 1_000_000,
})

describe('circuit breaker', () => {
  it('asks no more after five calls in a row that could not reach the store', async () => {
    const { store, guarded, failOften } = bed()
    await failOften(5)
    assert.equal(store.asked, 5)
    await assert.rejects(guarded.head(key), (error: Error) => {
      assert.ok(error instanceof ClaimCheckError)
      assert.equal(error.retryable, true)
      assert.match(error.message, /not answered since 2026-01-01T00:00:00\.000Z/)
      assert.match(error.message, /asked again at 2026-01-01T00:00:05\.000Z/)
      assert.match(String(error.cause), /failure 5/)
      return true
    })
    assert.equal(store.asked, 5)
  })

  it('does so for every call of the port', async () => {
    const { store, guarded, failOften } = bed()
    await failOften(5)
    const source = Readable.from([Buffer.from('x')])
    const calls: (() => Promise<unknown>)[] = [
      async () => guarded.put(key, Buffer.from('x'), plain),
      async () => guarded.putIfAbsent(key, Buffer.from('x'), plain),
      async () => guarded.putStream(key, source, plain),
      async () => guarded.get(key),
      async () => guarded.getStream(key),
      async () => guarded.head(key),
      async () => guarded.delete([key]),
      async () => guarded.ensureBucket(),
      async () => readAll(guarded),
    ]
    store.isDown = false
    for (const call of calls) await assert.rejects(call(), UNREACHABLE)
    assert.equal(source.destroyed, true)
    assert.equal(store.asked, 5)
  })

  it('forgets failures at any answer, a refusal too', async () => {
    const { store, guarded, failOften } = bed()
    await failOften(4)
    store.isDown = false
    assert.equal(await guarded.head(key), undefined)
    await failOften(4)
    store.isDown = false
    await assert.rejects(guarded.get(key), { code: 'OBJECT_MISSING' })
    await failOften(4)
    assert.equal(store.asked, 14)
  })

  it('does not count a caller that gave up, nor an error of its stream', async () => {
    const { guarded, store, failOften } = bed()
    await failOften(4)
    store.isDown = false
    const signal = AbortSignal.abort(new Error('enough'))
    await assert.rejects(guarded.head(key, { signal }), /enough/)
    const broken = Readable.from(brokenSource())
    await assert.rejects(guarded.putStream(key, broken, plain), /the source broke/)
    await failOften(1)
    assert.equal(store.asked, 6)
    await assert.rejects(guarded.head(key), UNREACHABLE)
    assert.equal(store.asked, 6)
  })

  it('lets one call through at each time to look, and all after the first answer', async () => {
    const { store, guarded, failOften, advance } = bed()
    await failOften(5)
    for (const asked of [6, 7]) {
      advance(OPEN_FOR_MS)
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, async () => guarded.head(key)),
      )
      assert.ok(outcomes.every(({ status }) => status === 'rejected'))
      assert.equal(store.asked, asked)
      advance(OPEN_FOR_MS - 1)
      await assert.rejects(guarded.head(key), UNREACHABLE)
      assert.equal(store.asked, asked)
      advance(1 - OPEN_FOR_MS)
    }
    store.isDown = false
    advance(OPEN_FOR_MS)
    await guarded.head(key)
    await Promise.all(Array.from({ length: 10 }, async () => guarded.head(key)))
    assert.equal(store.asked, 18)
  })

  it('counts the time to the next look from the end of one that failed', async () => {
    const { store, guarded, failOften, advance } = bed()
    await failOften(5)
    advance(OPEN_FOR_MS)
    store.onAsked = () => advance(OPEN_FOR_MS - 1)
    await assert.rejects(guarded.head(key), /failure 6/)
    advance(1)
    await assert.rejects(guarded.head(key), /not answered since/)
    assert.equal(store.asked, 6)
  })

  it('gives the turn of a look that its caller gave up to the next call', async () => {
    const { store, guarded, failOften, advance } = bed()
    await failOften(5)
    advance(OPEN_FOR_MS)
    store.error = new Error('the caller gave up')
    await assert.rejects(guarded.head(key), /gave up/)
    store.isDown = false
    assert.equal(await guarded.head(key), undefined)
  })

  it('counts no failure of a call that began before another one was answered', async () => {
    const { store, guarded } = bed()
    const held = Array.from({ length: 20 }, () => Promise.withResolvers<void>())
    store.holds = held.map(({ promise }) => promise)
    const calls = held.map(async () => guarded.head(key))
    const settled = Promise.allSettled(calls)
    held[3]?.resolve()
    await calls[3]
    store.isDown = true
    for (const { resolve } of held) resolve()
    const failed = (await settled).filter(({ status }) => status === 'rejected')
    assert.equal(failed.length, 19)
    store.isDown = false
    assert.equal(await guarded.head(key), undefined)
  })

  it('counts calls under way at once where none was answered', async () => {
    const { store, guarded } = bed()
    store.isDown = true
    await Promise.allSettled(Array.from({ length: 5 }, async () => guarded.head(key)))
    store.isDown = false
    await assert.rejects(guarded.head(key), UNREACHABLE)
  })

  it('stays open no longer where the clock is set back', async () => {
    const { store, guarded, failOften, advance } = bed()
    await failOften(5)
    advance(-3_600_000)
    store.isDown = false
    assert.equal(await guarded.head(key), undefined)
  })
})

describe('circuit breaker, patient calls', () => {
  it('try again and again until the store answers', async () => {
    const { store, guarded } = bed({ openForMs: 2, isRealTime: true })
    store.isDown = true
    store.onAsked = (asked) => (store.isDown = asked < 12)
    const heads = Array.from({ length: 3 }, async () => guarded.head(key, { patient: true }))
    assert.deepEqual(await Promise.all(heads), [undefined, undefined, undefined])
    assert.ok(store.asked >= 12)
  })

  it('while it is open, wait for the time to look instead of asking', async () => {
    const { store, guarded, failOften } = bed()
    await failOften(5)
    const abort = new AbortController()
    const waiting = guarded.head(key, { patient: true, signal: abort.signal })
    const outcome = await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve))])
    assert.equal(outcome, undefined)
    assert.equal(store.asked, 5)
    abort.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    assert.equal(store.asked, 5)
  })

  it('end with the reason of their signal between two tries', async () => {
    const { store, guarded } = bed({ openForMs: 2, isRealTime: true })
    const abort = new AbortController()
    store.isDown = true
    store.onAsked = (asked) => {
      if (asked === 8) abort.abort(new Error('enough'))
    }
    await assert.rejects(guarded.get(key, { patient: true, signal: abort.signal }), /enough/)
    assert.equal(store.asked, 8)
  })

  it('pass on what another try cannot help', async () => {
    const { guarded } = bed()
    await assert.rejects(guarded.get(key, { patient: true }), { code: 'OBJECT_MISSING' })
  })

  it('wait before they send a stream, which they send once', async () => {
    const { store, guarded, failOften } = bed({ openForMs: 2, isRealTime: true })
    await failOften(5)
    store.isDown = false
    const source = Readable.from([Buffer.from('x')])
    assert.deepEqual(await guarded.putStream(key, source, { ...plain, patient: true }), {
      sizeBytes: 1,
    })
    store.isDown = true
    const again = guarded.putStream(key, Readable.from(['y']), { ...plain, patient: true })
    await assert.rejects(again, UNREACHABLE)
  })

  it('bear an error of the stream while they wait to send it', async () => {
    const { guarded, failOften } = bed({ openForMs: 2, isRealTime: true })
    await failOften(5)
    const source = new Readable({ read: () => undefined })
    const sending = guarded.putStream(key, source, { ...plain, patient: true })
    source.destroy(new Error('the source broke'))
    await assert.rejects(sending)
  })

  it('list once the store answers', async () => {
    const { store, guarded, failOften } = bed({ openForMs: 2, isRealTime: true })
    await store.put(key, Buffer.from('x'), plain)
    await failOften(5)
    store.onAsked = (asked) => (store.isDown = asked < 9)
    assert.deepEqual(await readAll(guarded, { patient: true }), [key])
  })
})

/** A memory store that can be down; knows how often it was asked. */
class TroubledStore extends MemoryObjectStore {
  isDown = false
  asked = 0
  error: Error | undefined
  holds: Promise<void>[] = []
  onAsked: (asked: number) => void = () => undefined

  override async head(...call: Parameters<MemoryObjectStore['head']>) {
    return this.#ask<ObjectHead | undefined>(async () => super.head(...call))
  }

  override async get(...call: Parameters<MemoryObjectStore['get']>) {
    return this.#ask(async () => super.get(...call))
  }

  override async putStream(...call: Parameters<MemoryObjectStore['putStream']>) {
    return this.#ask(async () => super.putStream(...call))
  }

  override async *list(...call: Parameters<MemoryObjectStore['list']>) {
    await this.#ask(async () => undefined)
    yield* super.list(...call)
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    this.asked += 1
    this.onAsked(this.asked)
    await this.holds.shift()
    if (!this.isDown) return work()
    const remedy = 'Wait.'
    throw (
      this.error ??
      new ClaimCheckError('STORE_UNREACHABLE', `failure ${this.asked}`, { remedy, retryable: true })
    )
  }
}

interface Bed {
  readonly store: TroubledStore
  readonly guarded: ObjectStore
  readonly failOften: (times: number) => Promise<void>
  readonly advance: (ms: number) => void
}

/** Where nothing is said, the circuit stays open as long as it does by itself. */
function bed(options: { readonly openForMs?: number; readonly isRealTime?: boolean } = {}): Bed {
  const { openForMs, isRealTime = false } = options
  let now = Date.parse('2026-01-01')
  const store = new TroubledStore()
  const guarded = withCircuitBreaker(store, {
    openForMs,
    ...(isRealTime ? {} : { clock: () => new Date(now) }),
  })
  return {
    store,
    guarded,
    async failOften(times) {
      store.isDown = true
      for (let time = 0; time < times; time += 1)
        await assert.rejects(guarded.head(key), UNREACHABLE)
    },
    advance: (ms) => (now += ms),
  }
}

async function* brokenSource(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x')
  throw new Error('the source broke')
}

async function readAll(store: ObjectStore, options: CallOptions = {}): Promise<ObjectKey[]> {
  const keys: ObjectKey[] = []
  for await (const facts of store.list('', options)) keys.push(facts.key)
  return keys
}
