import type { OpenFile } from './file-store.ts'

export interface BegunReading {
  /** The first bytes: as many as were asked for, or all of a shorter file. */
  readonly beginning: Uint8Array
  /** As of `OpenFile`: what has been read already is not asked for again. */
  read(fromBytes: number): AsyncGenerator<Uint8Array>
  close(): Promise<void>
}

/** Looks at the first bytes of a file, and gives them once more to who reads it. */
export async function beginReading(file: OpenFile, wantedBytes: number): Promise<BegunReading> {
  const begun = file.read(0)
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  while (sizeBytes < wantedBytes) {
    const step = await begun.next()
    if (step.done === true) break
    chunks.push(step.value)
    sizeBytes += step.value.byteLength
  }
  let isTaken = false

  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks.splice(0)
      yield* begun
    } finally {
      endSoon(begun)
    }
  }

  return {
    beginning: Buffer.concat(chunks).subarray(0, wantedBytes),
    read(fromBytes) {
      if (fromBytes === 0 && !isTaken) {
        isTaken = true
        return whole()
      }
      // Whoever begins elsewhere needs this one no longer.
      if (!isTaken) endSoon(begun)
      isTaken = true
      return file.read(fromBytes)
    },
    // What is still being read then fails: ended by its `return`, it would pass for a whole file.
    close: () => file.close(),
  }
}

/** Does not wait: bytes that are being waited for may never come. */
function endSoon(bytes: AsyncGenerator<Uint8Array>): void {
  bytes.return(undefined).catch(() => undefined)
}
