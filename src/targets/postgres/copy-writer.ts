/** Large enough that a system call a buffer costs nothing, small enough to stay in the cache. */
const BUFFER_BYTES = 128 * 1024

/**
 * Bytes on their way into a COPY: buffers that are filled one after another. One is filled again only
 * after it was given back; else every byte of a load waits in memory for the garbage collector.
 */
export class CopyWriter {
  buffer: Buffer
  view: DataView
  /** Where the next byte goes. */
  at = 0
  private filled: Buffer[] = []
  private filledBytes = 0
  private readonly spare: ArrayBufferLike[] = []

  constructor() {
    this.buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.view = viewOf(this.buffer)
  }

  /** Makes room for so many bytes from `at` on, in one piece. */
  reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    if (this.at > 0) this.filled.push(this.buffer.subarray(0, this.at))
    this.filledBytes += this.at
    const again = bytes <= BUFFER_BYTES ? this.spare.pop() : undefined
    this.buffer =
      again === undefined
        ? Buffer.allocUnsafeSlow(Math.max(bytes, BUFFER_BYTES))
        : Buffer.from(again)
    this.view = viewOf(this.buffer)
    this.at = 0
  }

  /** Takes a buffer that was handed out and that nobody reads any more. */
  giveBack({ buffer }: Buffer): void {
    // A larger one was made for one long value.
    if (buffer.byteLength === BUFFER_BYTES) this.spare.push(buffer)
  }

  /** Bytes written since the beginning. */
  get writtenBytes(): number {
    return this.filledBytes + this.at
  }

  raw(bytes: Buffer): void {
    this.reserve(bytes.length)
    bytes.copy(this.buffer, this.at)
    this.at += bytes.length
  }

  /** A row's count of fields. */
  startRow(fields: number): void {
    this.reserve(2)
    this.view.setInt16(this.at, fields)
    this.at += 2
  }

  /** A row's count of fields, and its first field: the position, as a bigint of two words. */
  startPlacedRow(fields: number, positionHigh: number, positionLow: number): void {
    this.reserve(14)
    const { view, at } = this
    view.setInt16(at, fields)
    view.setInt32(at + 2, 8)
    view.setInt32(at + 6, positionHigh)
    view.setUint32(at + 10, positionLow)
    this.at = at + 14
  }

  null(): void {
    this.reserve(4)
    this.view.setInt32(this.at, -1)
    this.at += 4
  }

  int32(value: number): void {
    this.reserve(8)
    const { view, at } = this
    view.setInt32(at, 4)
    view.setInt32(at + 4, value)
    this.at = at + 8
  }

  /** Both words as they are in two's complement; `low` may be signed or unsigned. */
  int64(high: number, low: number): void {
    this.reserve(12)
    const { view, at } = this
    view.setInt32(at, 8)
    view.setInt32(at + 4, high)
    view.setInt32(at + 8, low)
    this.at = at + 12
  }

  /** The buffers that are full, leaving the one that is being filled. */
  takeFull(): Buffer[] {
    const taken = this.filled
    if (taken.length > 0) this.filled = []
    return taken
  }

  /** Everything written; the writer is empty and can go on. */
  takeAll(): Buffer[] {
    this.reserve(this.buffer.length + 1)
    return this.takeFull()
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
}
