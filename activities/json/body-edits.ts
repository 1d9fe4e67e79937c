const quote = 0x22
/** So much is gathered into one piece: a piece costs a call to write, however short it is. */
const pieceBytes = 256 * 1024
/** What is longer than this is passed on as it lies in the body. */
const longBytes = 32 * 1024

/**
 * What is changed of a body without moving its bytes: spans that get quotes around them or another
 * text, added in the order in which they stand. Takes 8 bytes a span: a page may have one for every few
 * bytes of its own.
 */
export class BodyEdits {
  readonly #body: Buffer
  /** Starts and ends by turns. */
  #spans = new Uint32Array(256)
  #length = 0
  /** By the place of the span among all; the others get quotes. */
  readonly #texts = new Map<number, Buffer>()

  constructor(body: Buffer) {
    this.#body = body
  }

  /** Puts quotes around a span that needs no escape. */
  quote(start: number, end: number): void {
    if (this.#length === this.#spans.length) {
      const longer = new Uint32Array(this.#length * 2)
      longer.set(this.#spans)
      this.#spans = longer
    }
    this.#spans[this.#length] = start
    this.#spans[this.#length + 1] = end
    this.#length += 2
  }

  /** Puts a text in the place of a span, which may be empty. */
  replace(start: number, end: number, text: Buffer): void {
    this.#texts.set(this.#length, text)
    this.quote(start, end)
  }

  /** The edited bytes between two positions, and `tail` after them, as few pieces. */
  pieces(from: number, to: number, tail: Buffer): Buffer[] {
    const body = this.#body
    const gathered = new GatheredPieces()
    let copied = from
    for (let place = 0; place < this.#length; place += 2) {
      const start = this.#spans[place] ?? to
      const end = this.#spans[place + 1] ?? to
      gathered.add(body, copied, start)
      const text = this.#texts.get(place)
      if (text === undefined) gathered.addQuoted(body, start, end)
      else gathered.add(text, 0, text.length)
      copied = end
    }
    gathered.add(body, copied, to)
    gathered.add(tail, 0, tail.length)
    return gathered.finish()
  }
}

class GatheredPieces {
  readonly #pieces: Buffer[] = []
  #piece = Buffer.alloc(0)
  #length = 0

  add(source: Buffer, start: number, end: number): void {
    if (end - start > longBytes) {
      this.finish()
      this.#pieces.push(source.subarray(start, end))
      return
    }
    this.#reserve(end - start)
    // A call costs more than a few bytes do.
    if (end - start > 64) this.#length += source.copy(this.#piece, this.#length, start, end)
    else this.#addShort(source, start, end)
  }

  addQuoted(source: Buffer, start: number, end: number): void {
    this.#reserve(1)
    this.#piece[this.#length++] = quote
    this.add(source, start, end)
    this.#reserve(1)
    this.#piece[this.#length++] = quote
  }

  finish(): Buffer[] {
    if (this.#length > 0) this.#pieces.push(this.#piece.subarray(0, this.#length))
    this.#piece = this.#piece.subarray(this.#length)
    this.#length = 0
    return this.#pieces
  }

  #addShort(source: Buffer, start: number, end: number): void {
    const piece = this.#piece
    let length = this.#length
    for (let index = start; index < end; index += 1, length += 1) {
      piece[length] = source[index] ?? 0
    }
    this.#length = length
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#piece.length) return
    this.finish()
    if (bytes > this.#piece.length) this.#piece = Buffer.allocUnsafeSlow(pieceBytes)
  }
}
