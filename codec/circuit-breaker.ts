import type { Readable } from 'node:stream'
import { ClaimCheckError } from './claim-check-error.ts'
import { Circuit, isUnreachable, type CircuitOptions, type Passage } from './circuit.ts'
import type {
  CallOptions,
  GetOptions,
  GetStreamOptions,
  ObjectFacts,
  ObjectHead,
  ObjectKey,
  ObjectStore,
  ObjectStream,
  PutOptions,
} from './object-store.ts'

/**
 * The same store, which is no longer asked while it does not answer: after `failuresToOpen` calls in
 * a row ended with `STORE_UNREACHABLE`, further ones end with it at once, so that a worker's slots
 * are not all taken by calls that run into their timeouts. Once per `openForMs` one call is let
 * through to look; the first answer lets all through.
 *
 * A call with `patient: true` waits for its turn instead, and tries until its signal aborts; without
 * a signal, for ever. One that sends a stream tries once, as the stream is then used up; one that
 * lists tries until its first page.
 */
export function withCircuitBreaker(store: ObjectStore, options: CircuitOptions = {}): ObjectStore {
  return new GuardedStore(store, new Circuit({ bucket: store.bucket }, options))
}

/** One circuit for all who use the same store, so that what one learns of an outage all know. */
const guarded = new WeakMap<ObjectStore, ObjectStore>()

/** `withCircuitBreaker`, the same each time. */
export function sharedCircuit(store: ObjectStore): ObjectStore {
  if (store instanceof GuardedStore) return store
  const known = guarded.get(store) ?? withCircuitBreaker(store)
  guarded.set(store, known)
  return known
}

class GuardedStore implements ObjectStore {
  readonly bucket: string
  readonly #store: ObjectStore
  readonly #circuit: Circuit

  constructor(store: ObjectStore, circuit: Circuit) {
    this.bucket = store.bucket
    this.#store = store
    this.#circuit = circuit
  }

  async put(key: ObjectKey, body: Uint8Array, options: PutOptions): Promise<void> {
    return this.#call(options, async () => this.#store.put(key, body, options))
  }

  async putIfAbsent(
    key: ObjectKey,
    body: Uint8Array,
    options: PutOptions,
  ): Promise<'written' | 'present'> {
    return this.#call(options, async () => this.#store.putIfAbsent(key, body, options))
  }

  async putStream(
    key: ObjectKey,
    body: Readable,
    options: PutOptions,
  ): Promise<{ sizeBytes: number }> {
    // The stream is ours from the start: an error it emits meanwhile must not end the process.
    body.on('error', () => undefined)
    try {
      return await this.#once(options, async () => this.#store.putStream(key, body, options))
    } finally {
      body.destroy()
    }
  }

  async get(key: ObjectKey, options: GetOptions = {}): Promise<Uint8Array> {
    return this.#call(options, async () => this.#store.get(key, options))
  }

  async getStream(key: ObjectKey, options: GetStreamOptions = {}): Promise<ObjectStream> {
    return this.#call(options, async () => this.#store.getStream(key, options))
  }

  async head(key: ObjectKey, options: CallOptions = {}): Promise<ObjectHead | undefined> {
    return this.#call(options, async () => this.#store.head(key, options))
  }

  async *list(
    prefix: string,
    options: CallOptions & { readonly startAfter?: string } = {},
  ): AsyncGenerator<ObjectFacts, void> {
    const { facts, first } = await this.#call(options, async () => {
      const iterator = this.#store.list(prefix, options)[Symbol.asyncIterator]()
      return { facts: iterator, first: await iterator.next() }
    })
    try {
      let step = first
      while (step.done !== true) {
        yield step.value
        step = await facts.next()
      }
    } finally {
      await facts.return?.()
    }
  }

  async delete(keys: readonly ObjectKey[], options: CallOptions = {}): Promise<void> {
    return this.#call(options, async () => this.#store.delete(keys, options))
  }

  async ensureBucket(options: CallOptions = {}): Promise<void> {
    return this.#call(options, async () => this.#store.ensureBucket(options))
  }

  close(): void {
    this.#store.close()
  }

  async #call<T>(options: CallOptions, work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.#once(options, work)
      } catch (error) {
        options.signal?.throwIfAborted()
        if (options.patient !== true || !isUnreachable(error)) throw error
      }
      await this.#circuit.wait(options.signal)
    }
  }

  async #once<T>(options: CallOptions, work: () => Promise<T>): Promise<T> {
    const passage = await this.#circuit.enter(options)
    return settle(passage, work)
  }
}

async function settle<T>(passage: Passage, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work()
    passage.answered()
    return result
  } catch (error) {
    // A refusal is an answer too. Other errors are the caller's own.
    if (error instanceof ClaimCheckError && !isUnreachable(error)) passage.answered()
    else passage.failed(error)
    throw error
  }
}
