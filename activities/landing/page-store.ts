import type { Transform } from 'node:stream'
import { createZstdCompress, createZstdDecompress } from 'node:zlib'
import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../../codec/index.ts'
import { PipelineError } from '../pipeline-error.ts'
import { GatheredBytes } from './gathered-bytes.ts'
import type { LandedPage } from './landed-batch.ts'

/** Node's own 16 KiB cost more in calls than in work. */
const compressedChunkBytes = 256 * 1024
/** A chunk is allocated whole, on the word of an object's metadata: not without a bound. */
const maxChunkBytes = 4 * 1024 * 1024

export interface LandingPage {
  readonly body: Buffer
  /** SHA-256 of the body. */
  readonly digest: string
  /** As in `FetchedPage`: kept, so that a retry need not ask the source for it. */
  readonly nextLink?: string | undefined
  /** What else a retry has to know of it, as metadata. */
  readonly facts?: Readonly<Record<string, string>>
}

/** Lands a page: the source's own bytes, compressed, named for where they stand in the source. */
export async function landPage(
  store: ObjectStore,
  key: ObjectKey,
  { body, digest, nextLink, facts }: LandingPage,
  options: CallOptions,
): Promise<{ storedBytes: number }> {
  const compressor = createZstdCompress({ chunkSize: compressedChunkBytes })
  const compressed = await throughStream(compressor, body, compressedBound(body.length))
  await store.put(key, compressed, {
    ...options,
    contentType: 'application/zstd',
    metadata: {
      ...facts,
      'plain-bytes': String(body.length),
      'plain-sha256': digest,
      // zstd has bits that mean nothing: with one of them changed the object is not what was written.
      'stored-sha256': await digestOf(compressed),
      ...(nextLink === undefined ? {} : { 'next-link': nextLink }),
    },
  })
  return { storedBytes: compressed.length }
}

/**
 * Reads a page that was landed; one of Parquet is in the store as it is.
 *
 * @throws PipelineError OBJECT_DAMAGED when its bytes are not those that were landed
 */
export async function readLandedPage(
  store: ObjectStore,
  page: Pick<LandedPage, 'key' | 'digest' | 'sizeBytes'>,
  options: CallOptions,
): Promise<Buffer> {
  const stored = await store.get(page.key as ObjectKey, options)
  const body = page.key.endsWith('.zst')
    ? await unpack(store, page, stored)
    : Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  if (body.length !== page.sizeBytes || (await digestOf(body)) !== page.digest) {
    throw damaged(store, page.key)
  }
  return body
}

async function unpack(
  store: ObjectStore,
  { key, sizeBytes }: Pick<LandedPage, 'key' | 'sizeBytes'>,
  compressed: Uint8Array,
): Promise<Buffer> {
  try {
    // A chunk that is full is followed by another one, be there something for it or not.
    const chunkSize = Math.min(Math.max(sizeBytes + 1, 64), maxChunkBytes)
    return await throughStream(createZstdDecompress({ chunkSize }), compressed, sizeBytes)
  } catch (cause) {
    throw damaged(store, key, cause)
  }
}

/** The most bytes that zstd makes of so many. */
function compressedBound(plainBytes: number): number {
  return plainBytes + Math.ceil(plainBytes / 256) + 64 * 1024
}

/** @throws Error when more than `maxBytes` come out */
async function throughStream(
  stream: Transform,
  bytes: Uint8Array,
  maxBytes: number,
): Promise<Buffer> {
  const gathered = new GatheredBytes(maxBytes)
  stream.end(bytes)
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a stream of zstd must yield bytes')
    if (!gathered.add(chunk)) throw new RangeError(`more than ${maxBytes} bytes`)
  }
  return gathered.finish()
}

/** An object of a landing that is not what was landed. */
export function damaged(store: ObjectStore, key: string, cause?: unknown): PipelineError {
  return new PipelineError('OBJECT_DAMAGED', 'a landed page is not what was landed', {
    at: { bucket: store.bucket, key },
    remedy: 'Delete that object and start the run again: that page alone is fetched anew.',
    cause,
  })
}
