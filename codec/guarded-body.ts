import type { Readable } from 'node:stream'
import { byteStream } from './byte-stream.ts'
import type { ErrorPlace } from './coded-error.ts'
import { storeUnreachable } from './s3-error.ts'

export interface GuardedBodyOptions {
  /** Bytes the store promised, the skipped ones included; undefined where it did not say. */
  readonly expectedBytes: number | undefined
  /** Bytes at the start that nobody asked for. */
  readonly skippedBytes: number
  /** From here on nobody has asked for bytes; undefined where all are wanted. */
  readonly untilBytes?: number | undefined
  /** How long the store may be silent while somebody waits for bytes. */
  readonly idleTimeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly at: ErrorPlace
}

/**
 * A body that ends only when it is whole: cut short, too long or silent for too long, it fails with
 * a retryable `STORE_UNREACHABLE`. A slow reader is not silence: the clock runs only while bytes
 * are asked for.
 */
export function guardedBody(body: Readable, options: GuardedBodyOptions): Readable {
  return byteStream(guard(body, options), () => void body.destroy())
}

async function* guard(body: Readable, options: GuardedBodyOptions): AsyncGenerator<Uint8Array> {
  const { expectedBytes, skippedBytes, untilBytes = Infinity, idleTimeoutMs, signal, at } = options
  const stop = (): void => {
    body.destroy(reasonOf(signal))
  }
  signal?.addEventListener('abort', stop, { once: true })
  let receivedBytes = 0
  try {
    signal?.throwIfAborted()
    const chunks: AsyncIterator<unknown> = body[Symbol.asyncIterator]()
    for (;;) {
      const step = await nextWithin(chunks, body, idleTimeoutMs, at)
      if (step.done === true) break
      if (!(step.value instanceof Uint8Array)) throw new TypeError('a body must yield bytes')
      const wanted = step.value.subarray(
        Math.max(0, skippedBytes - receivedBytes),
        untilBytes - receivedBytes,
      )
      receivedBytes += step.value.byteLength
      if (wanted.byteLength > 0) yield wanted
      if (receivedBytes >= untilBytes) return
    }
    if (receivedBytes !== (expectedBytes ?? Math.max(receivedBytes, skippedBytes))) {
      throw storeUnreachable(
        `The body was cut: expected ${expectedBytes ?? skippedBytes} bytes, got ${receivedBytes}`,
        at,
      )
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Error && 'code' in error && error.code === 'STORE_UNREACHABLE') throw error
    throw storeUnreachable(`The body was cut after ${receivedBytes} bytes`, at, error)
  } finally {
    signal?.removeEventListener('abort', stop)
    body.destroy()
  }
}

async function nextWithin(
  chunks: AsyncIterator<unknown>,
  body: Readable,
  idleTimeoutMs: number,
  at: ErrorPlace,
): Promise<IteratorResult<unknown>> {
  const timer = setTimeout(() => {
    body.destroy(storeUnreachable(`The store sent nothing for ${idleTimeoutMs} ms`, at))
  }, idleTimeoutMs)
  try {
    return await chunks.next()
  } finally {
    clearTimeout(timer)
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error('the read was aborted', { cause: reason })
}
