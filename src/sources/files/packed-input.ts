/** Compressed bytes, of which some may be put back. */
export class PackedInput {
  readonly #bytes: AsyncIterator<Uint8Array>
  #returned: Uint8Array | undefined

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes[Symbol.asyncIterator]()
  }

  /** The next bytes, at least one; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const returned = this.#returned
    this.#returned = undefined
    if (returned !== undefined && returned.byteLength > 0) return returned
    for (;;) {
      const step = await this.#bytes.next()
      if (step.done === true) return undefined
      if (step.value.byteLength > 0) return step.value
    }
  }

  putBack(bytes: Uint8Array): void {
    this.#returned = bytes
  }

  /** The next bytes, which stay; fewer than `wanted` at the end only. */
  async peek(wanted: number): Promise<Uint8Array> {
    let found = (await this.next()) ?? Buffer.alloc(0)
    while (found.byteLength < wanted) {
      const more = await this.next()
      if (more === undefined) break
      found = Buffer.concat([found, more])
    }
    this.putBack(found)
    return found.subarray(0, wanted)
  }

  /** Reads all that is left. */
  async isZeroes(): Promise<boolean> {
    for (;;) {
      const chunk = await this.next()
      if (chunk === undefined) return true
      if (chunk.some((byte) => byte !== 0)) return false
    }
  }

  /** Does not wait: bytes that are being waited for may never come. */
  close(): void {
    this.#bytes.return?.().catch(() => undefined)
  }
}
