import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { objectReplaced, objectTooLarge, objectTooShort } from './object-errors.ts'
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
import { objectMissing } from './s3-error.ts'

interface StoredObject {
  readonly body: Buffer
  readonly head: ObjectHead
}

export interface MemoryObjectStoreOptions {
  /** @default 'memory' */
  readonly bucket?: string | undefined
  /** @default () => new Date() */
  readonly clock?: (() => Date) | undefined
}

/** A store for tests and trials, which keeps its own copies of everything in this process. */
export class MemoryObjectStore implements ObjectStore {
  readonly bucket: string
  readonly #clock: () => Date
  readonly #objects = new Map<ObjectKey, StoredObject>()

  constructor(options: MemoryObjectStoreOptions = {}) {
    this.bucket = options.bucket ?? 'memory'
    this.#clock = options.clock ?? (() => new Date())
  }

  async put(key: ObjectKey, body: Uint8Array, options: PutOptions): Promise<void> {
    options.signal?.throwIfAborted()
    const names = Object.entries(options.metadata ?? {})
    this.#objects.set(key, {
      body: Buffer.from(body),
      head: {
        key,
        sizeBytes: body.byteLength,
        lastModified: this.#clock(),
        contentType: options.contentType,
        metadata: Object.fromEntries(names.map(([name, value]) => [name.toLowerCase(), value])),
        etag: createHash('md5').update(body).digest('hex'),
      },
    })
  }

  async putIfAbsent(
    key: ObjectKey,
    body: Uint8Array,
    options: PutOptions,
  ): Promise<'written' | 'present'> {
    options.signal?.throwIfAborted()
    if (this.#objects.has(key)) return 'present'
    await this.put(key, body, options)
    return 'written'
  }

  async putStream(
    key: ObjectKey,
    body: Readable,
    options: PutOptions,
  ): Promise<{ sizeBytes: number }> {
    const { signal } = options
    const stop = (): void => {
      body.destroy(new Error('the write was aborted', { cause: signal?.reason }))
    }
    signal?.addEventListener('abort', stop, { once: true })
    body.on('error', () => undefined)
    try {
      signal?.throwIfAborted()
      const chunks: Buffer[] = []
      for await (const chunk of body) chunks.push(Buffer.from(chunk))
      const whole = Buffer.concat(chunks)
      await this.put(key, whole, options)
      return { sizeBytes: whole.byteLength }
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      body.destroy()
    }
  }

  async get(key: ObjectKey, options: GetOptions = {}): Promise<Uint8Array> {
    const { signal, maxBytes = Infinity } = options
    signal?.throwIfAborted()
    const { body } = this.#find(key)
    if (body.byteLength <= maxBytes) return Buffer.from(body)
    throw objectTooLarge(body.byteLength, maxBytes, { bucket: this.bucket, key })
  }

  async getStream(key: ObjectKey, options: GetStreamOptions = {}): Promise<ObjectStream> {
    const { signal, startBytes = 0, endBytes, etag } = options
    signal?.throwIfAborted()
    const { body, head } = this.#find(key)
    const { sizeBytes: objectBytes } = head
    const at = { bucket: this.bucket, key }
    if (etag !== undefined && etag !== head.etag) throw objectReplaced('The object is another', at)
    if (startBytes > objectBytes) throw objectTooShort(objectBytes, startBytes, at)
    const pieces = piecesOf(Buffer.from(body.subarray(startBytes, endBytes)), signal)
    const stream = Readable.from(pieces, { objectMode: false })
    return Object.assign(stream, { objectBytes, etag: head.etag })
  }

  async head(key: ObjectKey, options: CallOptions = {}): Promise<ObjectHead | undefined> {
    options.signal?.throwIfAborted()
    return this.#objects.get(key)?.head
  }

  async *list(
    prefix: string,
    options: CallOptions & { startAfter?: string } = {},
  ): AsyncGenerator<ObjectFacts, void> {
    const after = Buffer.from(options.startAfter ?? '')
    const found = [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0)
      .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
    for (const key of found) {
      options.signal?.throwIfAborted()
      const stored = this.#objects.get(key)
      if (stored === undefined) continue
      const { sizeBytes, lastModified } = stored.head
      yield { key, sizeBytes, lastModified }
    }
  }

  async delete(keys: readonly ObjectKey[], options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    for (const key of keys) this.#objects.delete(key)
  }

  async ensureBucket(options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
  }

  /** Nothing to let go of; the objects stay, as they do in a real store. */
  close(): void {}

  #find(key: ObjectKey): StoredObject {
    const stored = this.#objects.get(key)
    if (stored === undefined) throw objectMissing({ bucket: this.bucket, key })
    return stored
  }
}

/** In pieces, so that a reader that handles only one chunk is found out. */
function* piecesOf(body: Uint8Array, signal: AbortSignal | undefined): Generator<Uint8Array> {
  const pieceBytes = 64 * 1024
  for (let start = 0; start < body.byteLength; start += pieceBytes) {
    signal?.throwIfAborted()
    yield body.subarray(start, start + pieceBytes)
  }
}
