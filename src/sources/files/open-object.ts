import type { ObjectKey, ObjectStream } from '../../../codec/index.ts'
import type { S3Context } from '../../../codec/s3-context.ts'
import { readS3Stream } from '../../../codec/s3-read.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { OpenFile } from './file-store.ts'
import { readOn } from './read-on.ts'
import { s3Failure } from './s3-failure.ts'

/** How long a store may be silent in the middle of a body. */
const idleTimeoutMs = 30_000

export interface OpenObjectOptions {
  readonly place: string
  readonly signal: AbortSignal
  /** The wait after the second cut of a body in a row. */
  readonly firstDelayMs: number
}

export function objectVersion(etag: string, sizeBytes: number): string {
  return `${etag}-${sizeBytes}`
}

/**
 * Opens an object. What is asked for again is asked for by its etag, so bytes of two objects are never
 * mixed; where the store gives no etag, a body that is cut cannot be gone on with.
 *
 * @throws PipelineError, and ClaimCheckError of the first request
 */
export async function openObject(
  context: S3Context,
  key: ObjectKey,
  options: OpenObjectOptions,
): Promise<OpenFile> {
  const { place, firstDelayMs } = options
  const closing = new AbortController()
  const signal = AbortSignal.any([options.signal, closing.signal])
  const call = { signal, idleTimeoutMs }
  /** Of the first request, until somebody reads it. */
  let unread: ObjectStream | undefined = await readS3Stream(context, key, call)
  const { etag, objectBytes } = unread

  async function openAt(startBytes: number): Promise<AsyncIterable<Uint8Array>> {
    const kept = unread
    unread = undefined
    if (kept !== undefined && startBytes === 0) return bytesOf(kept)
    kept?.destroy()
    if (etag === undefined) throw cutForGood(place)
    try {
      return bytesOf(await readS3Stream(context, key, { ...call, startBytes, etag }))
    } catch (error) {
      signal.throwIfAborted()
      throw s3Failure(error, place)
    }
  }

  async function* bytesOf(stream: ObjectStream): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk
    } catch (error) {
      signal.throwIfAborted()
      throw s3Failure(error, place)
    }
  }

  return {
    version: etag === undefined ? undefined : objectVersion(etag, objectBytes ?? 0),
    isSeekable: etag !== undefined,
    isFramed: objectBytes !== undefined,
    read: (fromBytes) => readOn({ fromBytes, signal, firstDelayMs, openAt }),
    async close() {
      closing.abort()
      unread?.destroy()
    },
  }
}

function cutForGood(place: string): PipelineError {
  const what = 'the store broke off, and gives no etag to go on by'
  return new PipelineError('SOURCE_UNREACHABLE', what, {
    at: { path: place },
    remedy: 'The next attempt reads the object from its start.',
    retryable: true,
  })
}
