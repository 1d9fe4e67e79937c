/** So much is kept as it came: until then nobody knows whether the whole is a large one. */
const keptBytes = 4 * 1024 * 1024

/**
 * Chunks put together. A large whole is allocated at once, for as many bytes as it can have: memory is
 * taken by what is written there, and chunks that are put together at their end would take it twice.
 */
export class GatheredBytes {
  readonly #capacityBytes: number
  #chunks: Uint8Array[] = []
  #whole: Buffer | undefined
  #sizeBytes = 0

  /** @param capacityBytes More than this is not taken. */
  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Returns whether there was room for the chunk. */
  add(chunk: Uint8Array): boolean {
    const start = this.#sizeBytes
    const end = start + chunk.length
    if (end > this.#capacityBytes) return false
    this.#sizeBytes = end
    if (this.#whole === undefined && end <= keptBytes) this.#chunks.push(chunk)
    else (this.#whole ??= this.#allocate()).set(chunk, start)
    return true
  }

  finish(): Buffer {
    if (this.#whole !== undefined) return this.#whole.subarray(0, this.#sizeBytes)
    const [first, second] = this.#chunks
    if (first === undefined || second !== undefined) return Buffer.concat(this.#chunks)
    return Buffer.from(first.buffer, first.byteOffset, first.byteLength)
  }

  #allocate(): Buffer {
    const whole = Buffer.allocUnsafeSlow(this.#capacityBytes)
    let start = 0
    for (const chunk of this.#chunks) {
      whole.set(chunk, start)
      start += chunk.length
    }
    this.#chunks = []
    return whole
  }
}
