/** Byte arrays by name, the least recently used dropped when together they exceed `maxBytes`. */
export class ByteCache {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Uint8Array>()
  #sizeBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get(name: string): Uint8Array | undefined {
    const bytes = this.#entries.get(name)
    if (bytes === undefined) return undefined
    // A map keeps the order of insertion: in again at the end means used last.
    this.#entries.delete(name)
    this.#entries.set(name, bytes)
    return bytes
  }

  /** Bytes longer than the whole cache are not kept. */
  set(name: string, bytes: Uint8Array): void {
    this.delete(name)
    if (bytes.byteLength > this.#maxBytes) return
    this.#entries.set(name, bytes)
    this.#sizeBytes += bytes.byteLength
    for (const oldest of this.#entries.keys()) {
      if (this.#sizeBytes <= this.#maxBytes) break
      this.delete(oldest)
    }
  }

  delete(name: string): void {
    const bytes = this.#entries.get(name)
    if (bytes === undefined) return
    this.#entries.delete(name)
    this.#sizeBytes -= bytes.byteLength
  }
}
