/** Bytes that come in pieces, with enough of the first ones at hand to tell what they are. */
export interface BegunPieces {
  readonly start: Uint8Array
  /** All of it, the start included. */
  readonly whole: AsyncGenerator<Uint8Array, void>
  /** Lets go of the source, for who has seen enough. */
  readonly close: () => Promise<void>
}

/** Waits for the first bytes, as many as asked for or fewer where there are no more. */
export async function beginPieces(
  source: AsyncIterable<Uint8Array>,
  leastBytes: number,
): Promise<BegunPieces> {
  const pieces = source[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let startBytes = 0
  while (startBytes < leastBytes) {
    const step = await pieces.next()
    if (step.done === true) break
    first.push(step.value)
    startBytes += step.value.byteLength
  }
  return {
    start: Buffer.concat(first),
    whole: wholeOf(first, pieces),
    async close() {
      await pieces.return?.()
    },
  }
}

async function* wholeOf(
  first: readonly Uint8Array[],
  others: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* first
    for (let step = await others.next(); step.done !== true; step = await others.next()) {
      yield step.value
    }
  } finally {
    await others.return?.()
  }
}
