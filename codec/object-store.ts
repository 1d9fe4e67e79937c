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
}

export interface PutOptions {
  readonly contentType: string
  /** Printable ASCII names and values, together under 2 KB (the S3 limit). */
  readonly metadata?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

/**
 * The port to an S3-compatible store. Every implementation passes `test/support/object-store-suite.ts`.
 *
 * - Writes are atomic: a reader sees the whole object or none of it. A failed or aborted write
 *   leaves nothing behind, no unfinished multipart upload either.
 * - Reads and writes obey `signal` and have a timeout of their own.
 * - Failures are `ClaimCheckError`s: `STORE_UNREACHABLE` (retryable), `STORE_DENIED`,
 *   `STORE_BUCKET_MISSING`, `OBJECT_MISSING`, `STORE_FAILED`.
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
  /** The whole body, for objects known to be small. Throws `OBJECT_MISSING`. */
  get(key: ObjectKey, options?: CallOptions): Promise<Uint8Array>
  /** The body as a stream, which fails when it is cut short. Throws `OBJECT_MISSING`. */
  getStream(key: ObjectKey, options?: CallOptions): Promise<Readable>
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
