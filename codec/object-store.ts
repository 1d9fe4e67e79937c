import type { Readable } from 'node:stream'

declare const objectKeyBrand: unique symbol
/** The name of an object inside its bucket. Made by the functions that lay out the bucket. */
export type ObjectKey = string & { readonly [objectKeyBrand]: true }

export interface ObjectFacts {
  readonly key: ObjectKey
  readonly sizeBytes: number
  readonly lastModified: Date
}

export interface ObjectHead extends ObjectFacts {
  readonly contentType: string | undefined
  /** User metadata; names are lower case. */
  readonly metadata: Readonly<Record<string, string>>
  /** Names these very bytes, without quotes; undefined where the store gives none that does. */
  readonly etag: string | undefined
}

/** A body on its way. What it says of the object holds wherever the stream starts. */
export interface ObjectStream extends Readable {
  /** Bytes of the whole object; undefined where the store did not say. */
  readonly objectBytes: number | undefined
  /** As in `ObjectHead`. */
  readonly etag: string | undefined
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /**
   * Rather wait for a store that does not answer, until `signal` aborts, than fail: for calls whose
   * failure would cost much work a second time. Only `withCircuitBreaker` knows how. @default false
   */
  readonly patient?: boolean
}

export interface GetOptions extends CallOptions {
  /** A longer object is refused by `OBJECT_TOO_LARGE` and never held. @default no limit */
  readonly maxBytes?: number
}

export interface GetStreamOptions extends CallOptions {
  /** The first byte wanted. At the object's very end the stream is empty. @default 0 */
  readonly startBytes?: number
  /** Where to stop: the byte after the last one wanted, greater than `startBytes`. @default the object's end */
  readonly endBytes?: number | undefined
  /** Only the object of this etag; another one is `OBJECT_REPLACED`. @default any */
  readonly etag?: string
}

export interface PutOptions extends CallOptions {
  readonly contentType: string
  /** Printable ASCII names and values, together under 2 KB (the S3 limit). */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * The port to an S3-compatible store. Every implementation passes `test/support/object-store-suite.ts`.
 *
 * - Writes are atomic: a reader sees the whole object or none of it. A failed or aborted write
 *   leaves nothing behind, no unfinished multipart upload either.
 * - Reads and writes obey `signal` and have a timeout of their own.
 * - Failures are `ClaimCheckError`s: `STORE_UNREACHABLE` (retryable), `STORE_DENIED`,
 *   `STORE_BUCKET_MISSING`, `OBJECT_MISSING`, `OBJECT_TOO_LARGE`, `OBJECT_REPLACED` (retryable),
 *   `STORE_FAILED`.
 */
export interface ObjectStore {
  /** For messages: says which bucket is meant. */
  readonly bucket: string
  /** Writes the object, replacing one that is there. */
  put(key: ObjectKey, body: Uint8Array, options: PutOptions): Promise<void>
  /** Writes only where nothing is there yet; says which of the two was so. */
  putIfAbsent(key: ObjectKey, body: Uint8Array, options: PutOptions): Promise<'written' | 'present'>
  /** Streams a body of unknown length; returns the bytes stored. Memory is bounded by the part size. */
  putStream(key: ObjectKey, body: Readable, options: PutOptions): Promise<{ sizeBytes: number }>
  /** The whole body, in memory. Throws `OBJECT_MISSING` and, by `maxBytes`, `OBJECT_TOO_LARGE`. */
  get(key: ObjectKey, options?: GetOptions): Promise<Uint8Array>
  /**
   * The body as a stream, which fails when it is cut short (`resumedStream` goes on instead). Throws
   * `OBJECT_MISSING`, and `OBJECT_REPLACED` where the object is not that of `etag` or ends before
   * `startBytes`.
   */
  getStream(key: ObjectKey, options?: GetStreamOptions): Promise<ObjectStream>
  head(key: ObjectKey, options?: CallOptions): Promise<ObjectHead | undefined>
  /**
   * All objects whose key starts with `prefix`, pages fetched as needed. In key order within one
   * folder; across folders the order is the store's own (SeaweedFS lists `a/b` before `a-b`).
   */
  list(prefix: string, options?: CallOptions & { startAfter?: string }): AsyncIterable<ObjectFacts>
  /** Deletes; an absent object is no error. */
  delete(keys: readonly ObjectKey[], options?: CallOptions): Promise<void>
  /** Makes the bucket if it is not there, and checks that it can be written and read. */
  ensureBucket(options?: CallOptions): Promise<void>
  close(): void
}
