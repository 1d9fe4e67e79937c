import type { Readable } from 'node:stream'

export interface Part {
  readonly bytes: Uint8Array
  /** Whether this part is the whole stream. */
  readonly isOnly: boolean
}

/**
 * Cuts a stream into parts of exactly `partBytes`, the last one shorter but never empty, except that
 * a stream of no bytes is one empty part. Holds one part in memory.
 */
export async function* streamParts(body: Readable, partBytes: number): AsyncGenerator<Part, void> {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let isFirst = true
  for await (const chunk of body) {
    let rest = toBuffer(chunk)
    // Strictly more than a part: a stream that ends on the edge must not leave an empty last part.
    while (waitingBytes + rest.byteLength > partBytes) {
      const cutBytes = partBytes - waitingBytes
      waiting.push(rest.subarray(0, cutBytes))
      rest = rest.subarray(cutBytes)
      const bytes = Buffer.concat(waiting)
      waiting = []
      waitingBytes = 0
      isFirst = false
      yield { bytes, isOnly: false }
    }
    waiting.push(rest)
    waitingBytes += rest.byteLength
  }
  yield { bytes: Buffer.concat(waiting), isOnly: isFirst }
}

/** Cuts bytes into views of `partBytes`, without copying. */
export async function* byteParts(
  body: Uint8Array,
  partBytes: number,
): AsyncGenerator<Uint8Array, void> {
  for (let start = 0; start < body.byteLength; start += partBytes) {
    yield body.subarray(start, start + partBytes)
  }
}

/** The bytes of a part already taken from `parts`, then those of the rest. */
export async function* resumedParts(
  first: Part,
  parts: AsyncIterable<Part>,
): AsyncGenerator<Uint8Array, void> {
  yield first.bytes
  for await (const part of parts) yield part.bytes
}

function toBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk
  if (chunk instanceof Uint8Array) {
    return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  }
  if (typeof chunk === 'string') return Buffer.from(chunk)
  throw new TypeError('a stream for the store must yield bytes or strings')
}
