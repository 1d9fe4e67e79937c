import type { Readable } from 'node:stream'
import { abortablePause } from './abortable-pause.ts'
import { ClaimCheckError } from './claim-check-error.ts'
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
import { readWholeObject } from './read-whole-object.ts'
import { ensureS3Bucket } from './s3-bucket.ts'
import { createS3Call, type S3CallOptions } from './s3-call.ts'
import { createS3Client, type S3ClientOptions } from './s3-client.ts'
import type { S3Context } from './s3-context.ts'
import { deleteS3Objects } from './s3-delete.ts'
import { readS3Error } from './s3-error.ts'
import { listS3Objects } from './s3-list.ts'
import { headS3Object, readS3Stream } from './s3-read.ts'
import { writeS3Bytes, writeS3Stream, type WriteOptions } from './s3-write.ts'

export interface S3ObjectStoreOptions extends S3ClientOptions, S3CallOptions {
  readonly bucket: string
  /** Bytes of one part of a long upload; stores want 5 MiB or more. @default 8 MiB */
  readonly partBytes?: number | undefined
  /** Parts that one upload may have; with the part size this bounds an object. @default 10_000 */
  readonly maxParts?: number | undefined
  /** Parts of one upload on their way at once. @default 4 */
  readonly partConcurrency?: number | undefined
  /** How long the store may be silent in the middle of a body. @default 30_000 */
  readonly idleTimeoutMs?: number | undefined
}

/** Tries of a conditional write while the store says that another one is under way. */
const CONFLICT_ATTEMPTS = 6

/** A store behind the S3 API: AWS, MinIO, SeaweedFS, R2, Ceph. */
export function createS3ObjectStore(options: S3ObjectStoreOptions): ObjectStore {
  return new S3ObjectStore(options)
}

class S3ObjectStore implements ObjectStore {
  readonly bucket: string
  readonly #context: S3Context
  readonly #partBytes: number
  readonly #partConcurrency: number
  readonly #maxParts: number
  readonly #idleTimeoutMs: number
  /** Cleared when the store answers that it does not know `If-None-Match`. */
  #hasConditionalWrites = true

  constructor(options: S3ObjectStoreOptions) {
    const { bucket } = options
    const endpoint = options.endpoint === undefined ? 'aws' : new URL(options.endpoint).host
    this.bucket = bucket
    this.#partBytes = options.partBytes ?? 8 * 1024 * 1024
    this.#partConcurrency = options.partConcurrency ?? 4
    this.#maxParts = options.maxParts ?? 10_000
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 30_000
    this.#context = {
      client: createS3Client(options),
      call: createS3Call(options),
      bucket,
      at: (place) => ({ bucket, ...place, endpoint }),
    }
  }

  async put(key: ObjectKey, body: Uint8Array, options: PutOptions): Promise<void> {
    await writeS3Bytes(this.#context, key, body, this.#writing(options, false))
  }

  async putIfAbsent(
    key: ObjectKey,
    body: Uint8Array,
    options: PutOptions,
  ): Promise<'written' | 'present'> {
    // A long body is worth a look first: the refusal would come only after all of it was sent.
    const looksFirst = !this.#hasConditionalWrites || body.byteLength > this.#partBytes
    if (looksFirst && (await this.#isPresent(key, options))) return 'present'
    for (let attempt = 1; ; attempt += 1) {
      const isConditional = this.#hasConditionalWrites
      try {
        const writing = this.#writing(options, isConditional)
        await writeS3Bytes(this.#context, key, body, writing)
        return 'written'
      } catch (error) {
        const { status } = readS3Error(error instanceof ClaimCheckError ? error.cause : error)
        if (status === 412 || status === 304) return 'present'
        if (status === 501 && isConditional) {
          // Others may be under way that learn the same.
          this.#hasConditionalWrites = false
          return this.putIfAbsent(key, body, options)
        }
        if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw error
        await abortablePause(25 * 2 ** attempt * (0.5 + Math.random()), options.signal)
      }
    }
  }

  async putStream(
    key: ObjectKey,
    body: Readable,
    options: PutOptions,
  ): Promise<{ sizeBytes: number }> {
    const { signal } = options
    // A source that hangs is woken by its destruction, which also lets go of what it holds.
    const stop = (): void => {
      body.destroy(new Error('the write was aborted', { cause: signal?.reason }))
    }
    signal?.addEventListener('abort', stop, { once: true })
    // The stream is ours now: an error it emits late must not end the process.
    body.on('error', () => undefined)
    try {
      signal?.throwIfAborted()
      const writing = this.#writing(options, false)
      const sizeBytes = await writeS3Stream(this.#context, key, body, writing)
      return { sizeBytes }
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      body.destroy()
    }
  }

  async get(key: ObjectKey, options: GetOptions = {}): Promise<Uint8Array> {
    return readWholeObject(this, key, options)
  }

  async getStream(key: ObjectKey, options: GetStreamOptions = {}): Promise<ObjectStream> {
    return readS3Stream(this.#context, key, { ...options, idleTimeoutMs: this.#idleTimeoutMs })
  }

  async head(key: ObjectKey, options: CallOptions = {}): Promise<ObjectHead | undefined> {
    return headS3Object(this.#context, key, options)
  }

  list(
    prefix: string,
    options: CallOptions & { startAfter?: string } = {},
  ): AsyncIterable<ObjectFacts> {
    return listS3Objects(this.#context, prefix, options)
  }

  async delete(keys: readonly ObjectKey[], options: CallOptions = {}): Promise<void> {
    await deleteS3Objects(this.#context, keys, options)
  }

  async ensureBucket(options: CallOptions = {}): Promise<void> {
    await ensureS3Bucket(this, this.#context, options)
  }

  close(): void {
    this.#context.client.destroy()
  }

  async #isPresent(key: ObjectKey, options: CallOptions): Promise<boolean> {
    try {
      return (await this.head(key, options)) !== undefined
    } catch (error) {
      // Without s3:ListBucket a missing object reads as refused; the conditional write then decides.
      const isDenied = error instanceof ClaimCheckError && error.code === 'STORE_DENIED'
      if (isDenied && this.#hasConditionalWrites) return false
      throw error
    }
  }

  #writing(options: PutOptions, onlyIfAbsent: boolean): WriteOptions {
    const { contentType, metadata, signal } = options
    return {
      contentType,
      ...(metadata === undefined ? {} : { metadata }),
      ...(signal === undefined ? {} : { signal }),
      onlyIfAbsent,
      partBytes: this.#partBytes,
      partConcurrency: this.#partConcurrency,
      maxParts: this.#maxParts,
    }
  }
}
