import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../../codec/index.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { LandedPage } from './landed-batch.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

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
  const compressed = await compress(body, { chunkSize: compressedChunkBytes })
  await store.put(key, compressed, {
    ...options,
    contentType: 'application/zstd',
    metadata: {
      ...facts,
      'plain-bytes': String(body.length),
      'plain-sha256': digest,
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
    return await decompress(compressed, {
      maxOutputLength: sizeBytes + 1,
      chunkSize: Math.min(Math.max(sizeBytes + 1, 64), maxChunkBytes),
    })
  } catch (cause) {
    throw damaged(store, key, cause)
  }
}

/** An object of a landing that is not what was landed. */
export function damaged(store: ObjectStore, key: string, cause?: unknown): PipelineError {
  return new PipelineError('OBJECT_DAMAGED', 'a landed page is not what was landed', {
    at: { bucket: store.bucket, key },
    remedy: 'Delete that object and start the run again: that page alone is fetched anew.',
    cause,
  })
}
