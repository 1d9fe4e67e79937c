import { setTimeout as delay } from 'node:timers/promises'
import { PipelineError } from '../../../activities/pipeline-error.ts'

/** Times in a row that a body may be cut without a byte of progress. */
const maxCuts = 4

export interface ReadOnOptions {
  readonly fromBytes: number
  readonly signal: AbortSignal
  /** The wait after the second cut in a row; doubled after each one more. */
  readonly firstDelayMs: number
  /**
   * The bytes from a position on, or a refusal: trouble with connecting it has waited out itself. What
   * is cut throws SOURCE_UNREACHABLE.
   */
  readonly openAt: (fromBytes: number) => Promise<AsyncIterable<Uint8Array>>
}

/** The bytes from a position to the end: a body that is cut off goes on where it was. */
export async function* readOn(options: ReadOnOptions): AsyncGenerator<Uint8Array> {
  const { fromBytes, signal, firstDelayMs, openAt } = options
  let reachedBytes = fromBytes
  for (let cuts = 0; ;) {
    const body = await openAt(reachedBytes)
    try {
      for await (const chunk of body) {
        reachedBytes += chunk.byteLength
        if (chunk.byteLength > 0) cuts = 0
        yield chunk
      }
      return
    } catch (error) {
      signal.throwIfAborted()
      const isCut = error instanceof PipelineError && error.code === 'SOURCE_UNREACHABLE'
      cuts += 1
      if (!isCut || cuts === maxCuts) throw error
      if (cuts > 1) await delay(firstDelayMs * 2 ** (cuts - 2), undefined, { signal })
    }
  }
}

/** The bytes behind the first `skippedBytes`. */
export async function* skipBytes(
  bytes: AsyncIterable<Uint8Array>,
  skippedBytes: number,
): AsyncGenerator<Uint8Array> {
  let leftBytes = skippedBytes
  for await (const chunk of bytes) {
    const wanted = chunk.subarray(Math.min(leftBytes, chunk.byteLength))
    leftBytes -= chunk.byteLength - wanted.byteLength
    if (wanted.byteLength > 0) yield wanted
  }
}
