import type { ErrorPlace } from './coded-error.ts'
import { damaged } from './envelope-header.ts'

/** Plain bytes of a frame; the last one of an envelope may hold less. */
export const frameBytes = 1024 * 1024
/** As many are compressed or decompressed at once: the threads of Node's pool. */
export const framesAtOnce = 4
export const frameHeadBytes = 9
export const lastFlag = 1
export const compressedFlag = 2

export interface Frame {
  readonly index: number
  readonly head: Uint8Array
  readonly body: Uint8Array
  readonly check: Uint8Array
  readonly plainBytes: number
  readonly isCompressed: boolean
}

/**
 * Finds the frames in bytes that come in pieces of any length. Looks at lengths only; whether a
 * frame is what was written, its check tells. Keeps less than one frame. Throws `BLOB_DAMAGED`.
 */
export class FrameScanner {
  readonly #checkBytes: number
  readonly #at: ErrorPlace
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #index = 0
  #isOver = false

  constructor(checkBytes: number, at: ErrorPlace) {
    this.#checkBytes = checkBytes
    this.#at = at
  }

  *push(bytes: Uint8Array): Generator<Frame, void> {
    if (bytes.byteLength === 0) return
    if (this.#isOver) throw damaged('there are bytes after its end', this.#at)
    this.#waiting.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    this.#waitingBytes += bytes.byteLength
    while (this.#waitingBytes >= frameHeadBytes) {
      const storedBytes = this.#look(4).readUInt32BE(0)
      if (storedBytes > frameBytes) throw damaged('a frame of it is too long', this.#at)
      if (this.#waitingBytes < frameHeadBytes + storedBytes + this.#checkBytes) return
      yield this.#take(storedBytes)
      if (this.#isOver && this.#waitingBytes > 0) {
        throw damaged('there are bytes after its end', this.#at)
      }
    }
  }

  /** Throws where the last frame has not come. */
  end(): void {
    if (!this.#isOver) throw damaged('it is cut off', this.#at)
  }

  #take(storedBytes: number): Frame {
    const wholeBytes = frameHeadBytes + storedBytes + this.#checkBytes
    const whole = this.#look(wholeBytes)
    const [first = Buffer.alloc(0)] = this.#waiting
    this.#waitingBytes -= wholeBytes
    this.#waiting = this.#waitingBytes === 0 ? [] : [first.subarray(wholeBytes)]
    const plainBytes = whole.readUInt32BE(4)
    const flags = whole.readUInt8(8)
    const isCompressed = (flags & compressedFlag) !== 0
    const isFitting = isCompressed ? storedBytes < plainBytes : storedBytes === plainBytes
    if (flags > 3 || plainBytes > frameBytes || !isFitting) {
      throw damaged('the head of a frame is wrong', this.#at)
    }
    this.#isOver = (flags & lastFlag) !== 0
    const index = this.#index
    this.#index += 1
    const bodyEnd = frameHeadBytes + storedBytes
    return {
      index,
      head: whole.subarray(0, frameHeadBytes),
      body: whole.subarray(frameHeadBytes, bodyEnd),
      check: whole.subarray(bodyEnd, wholeBytes),
      plainBytes,
      isCompressed,
    }
  }

  /** The first bytes that wait, in one piece; afterwards that piece is the first. */
  #look(bytes: number): Buffer {
    const [first = Buffer.alloc(0)] = this.#waiting
    if (first.byteLength >= bytes) return first
    const joined = Buffer.concat(this.#waiting)
    this.#waiting = [joined]
    return joined
  }
}
