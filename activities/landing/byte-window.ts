import type { ItemStream } from '../item-source.ts'

const leastRoomBytes = 64 * 1024

/** Bytes of a stream from a position on, as many as are asked for, in one piece. */
export class ByteWindow {
  readonly #stream: ItemStream
  readonly #signal: AbortSignal
  readonly #usualBytes: number
  #chunks: AsyncIterator<Uint8Array> | undefined
  /** Room in front for a header, the bytes, and room behind for more. */
  #buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  /** Where in the stream the window begins. */
  #position = 0
  isEnded = false

  /** @param usualBytes What is mostly taken out at once. */
  constructor(stream: ItemStream, usualBytes: number, signal: AbortSignal) {
    this.#stream = stream
    this.#usualBytes = usualBytes
    this.#signal = signal
  }

  get length(): number {
    return this.#end - this.#start
  }

  /** Makes the window begin at a position: what is here already is used, the stream opened if need be. */
  async goTo(position: number): Promise<void> {
    const isBehind = position < this.#position
    const isBeyond = position > this.#position + this.length && this.#stream.isSeekable
    if (this.#chunks === undefined || isBehind || isBeyond) {
      await this.close()
      this.#skip(this.length)
      this.#position = position
      this.isEnded = false
      this.#chunks = this.#stream.read(position)[Symbol.asyncIterator]()
      return
    }
    while (this.#position < position) {
      if (this.length === 0) await this.fill(1)
      if (this.length === 0) break
      this.#skip(Math.min(position - this.#position, this.length))
    }
  }

  /** Reads until so many bytes are here or the stream has ended. */
  async fill(bytes: number): Promise<void> {
    while (this.length < bytes && !this.isEnded) {
      this.#signal.throwIfAborted()
      const next = await this.#chunks?.next()
      if (next === undefined || next.done === true) this.isEnded = true
      else this.#append(next.value, bytes)
    }
  }

  /** All bytes that are here, with a header in front; it holds until the next call of anything else. */
  view(header?: Buffer): Buffer {
    if (header === undefined) return this.#buffer.subarray(this.#start, this.#end)
    if (this.#start < header.length) this.#move(header.length, this.length)
    const from = this.#start - header.length
    header.copy(this.#buffer, from)
    return this.#buffer.subarray(from, this.#end)
  }

  /** Takes bytes out, to be kept for good, with a header in front. */
  take(bytes: number, header?: Buffer): Buffer {
    const frontBytes = header?.length ?? 0
    const taken = this.view(header).subarray(0, frontBytes + bytes)
    this.#skip(bytes)
    // What follows gets a buffer of its own: this one is on its way to the store.
    this.#move(frontBytes, this.isEnded ? this.length : this.#usualBytes + leastRoomBytes)
    return taken
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    const chunks = this.#chunks
    this.#chunks = undefined
    // How it lets go changes nothing of what was read.
    await chunks?.return?.().catch(() => undefined)
  }

  #skip(bytes: number): void {
    this.#position += bytes
    this.#start += bytes
    if (this.#start < this.#end) return
    this.#start = 0
    this.#end = 0
  }

  #append(chunk: Uint8Array, wantedBytes: number): void {
    const { length } = this
    if (this.#end + chunk.length > this.#buffer.length) {
      // Double what is here, but not beyond what is wanted: a small item needs no page's room.
      const wanted = Math.min(2 * (length + chunk.length), wantedBytes + leastRoomBytes)
      this.#move(Math.min(this.#start, leastRoomBytes), Math.max(length + chunk.length, wanted))
    }
    this.#buffer.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** Into another buffer, with room in front, and of so many bytes behind that. */
  #move(frontBytes: number, bytes: number): void {
    const buffer = Buffer.allocUnsafe(frontBytes + Math.max(bytes, this.length, leastRoomBytes))
    this.#buffer.copy(buffer, frontBytes, this.#start, this.#end)
    this.#end = frontBytes + this.length
    this.#start = frontBytes
    this.#buffer = buffer
  }
}
