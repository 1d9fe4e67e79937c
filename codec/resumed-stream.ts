import type { Readable } from 'node:stream'
import { byteStream } from './byte-stream.ts'
import type { ObjectKey, ObjectStore } from './object-store.ts'
import { resumedPieces, type ResumeOptions } from './resumed-pieces.ts'

/**
 * A whole object as a stream that outlives cut bodies: it goes on from the byte reached. It fails
 * with a retryable error rather than mix bytes of two versions, and where no byte came in
 * `maxAttempts` attempts. A missing object is an error of the stream, `OBJECT_MISSING`.
 */
export function resumedStream(
  store: Pick<ObjectStore, 'bucket' | 'getStream'>,
  key: ObjectKey,
  options: ResumeOptions = {},
): Readable {
  const { signal } = options
  // Of its own, so that a stream that is dropped lets go of a read that hangs.
  const reading = new AbortController()
  const stop = (): void => reading.abort(signal?.reason)
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop, { once: true })
  const pieces = resumedPieces(store, key, {
    ...options,
    signal: reading.signal,
    mayStartOver: false,
  })
  return byteStream(bytesOf(pieces), () => {
    signal?.removeEventListener('abort', stop)
    reading.abort()
  })
}

async function* bytesOf(
  pieces: ReturnType<typeof resumedPieces>,
): AsyncGenerator<Uint8Array, void> {
  for await (const { bytes } of pieces) yield bytes
}
