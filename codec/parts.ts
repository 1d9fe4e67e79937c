export interface Part {
  readonly bytes: Uint8Array
  /** Whether this part is the whole stream. */
  readonly isOnly: boolean
  readonly isLast: boolean
}

/**
 * Cuts a stream into parts of exactly `partBytes`, the last one shorter but never empty, except that
 * a stream of no bytes is one empty part. Holds one part in memory; a part that lies in one chunk is
 * a view of it.
 */
export async function* streamParts(
  body: AsyncIterable<unknown> | Iterable<unknown>,
  partBytes: number,
): AsyncGenerator<Part, void> {
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
      const bytes = joined(waiting)
      waiting = []
      waitingBytes = 0
      isFirst = false
      yield { bytes, isOnly: false, isLast: false }
    }
    if (rest.byteLength > 0) waiting.push(rest)
    waitingBytes += rest.byteLength
  }
  yield { bytes: joined(waiting), isOnly: isFirst, isLast: true }
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces)
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
