import { BodyEdits } from '../json/body-edits.ts'
import { safeDigits } from '../json/check-record.ts'
import { bodyStart } from '../json/json-walk.ts'
import type { RecordsPlace, SplitRecords } from '../json/split-records.ts'
import { lengthProblem } from '../record-length.ts'

const space = 0x20
const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const zero = 0x30
const colon = 0x3a
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const lineFeed = 0x0a

const lastLineEnd = Buffer.from('\n')
/** What the steps below return where they meet what is not plain. */
const notPlain = -1

/**
 * Does what `splitRecords` does, in half the time and without garbage, for a page that is written as most
 * are: flat records of strings, numbers and words, no white space but one space behind a comma or colon.
 * Returns undefined where anything else is met, malformed records too; the body is as it was then.
 *
 * Consumes `body` otherwise, as `splitRecords` does.
 */
export function splitPlain(body: Buffer, place: RecordsPlace): SplitRecords | undefined {
  const walk = new PlainWalk(body)
  const isArray = place.kind === 'array'
  const first = place.kind === 'array' ? place.start + 1 : bodyStart(body)
  // Where the line ends come, once all has been seen.
  const ends: number[] = []
  let longestRecordBytes = 0
  let count = 0
  let index = first
  for (;;) {
    const end = walk.record(index)
    if (end === notPlain) return undefined
    longestRecordBytes = Math.max(longestRecordBytes, end - index + 2 * walk.quoted)
    count += 1
    index = end
    if (isArray) {
      if (body[index] === closeBracket) break
      if (body[index] !== comma) return undefined
      ends.push(index)
      index += body[index + 1] === space ? 2 : 1
    } else {
      if (index === body.length) break
      if (body[index] !== lineFeed) return undefined
      if (index + 1 === body.length) break
      index += 1
    }
  }
  if (lengthProblem(longestRecordBytes) !== undefined) return undefined
  for (const end of ends) body[end] = lineFeed
  const pieces = walk.edits.pieces(first, index, lastLineEnd)
  return { pieces, count, longestRecordBytes, malformed: [] }
}

class PlainWalk {
  readonly #body: Buffer
  readonly edits: BodyEdits
  /** Numbers of the newest record that would lose digits. */
  quoted = 0

  constructor(body: Buffer) {
    this.#body = body
    this.edits = new BodyEdits(body)
  }

  /** The position after the record that opens at a position. */
  record(position: number): number {
    const body = this.#body
    this.quoted = 0
    if (body[position] !== openBrace) return notPlain
    let index = position + 1
    for (;;) {
      if (body[index] !== quote) return notPlain
      index = nameEnd(body, index + 1)
      if (index === notPlain || body[index] !== colon) return notPlain
      index += body[index + 1] === space ? 2 : 1
      index = body[index] === quote ? stringEnd(body, index + 1) : this.#scalar(index)
      if (index === notPlain) return notPlain
      if (body[index] === closeBrace) return index + 1
      if (body[index] !== comma) return notPlain
      index += body[index + 1] === space ? 2 : 1
    }
  }

  #scalar(position: number): number {
    const body = this.#body
    const first = body[position] ?? 0
    if (first !== minus && !isDigit(first)) return wordEnd(body, position)
    const digits = first === minus ? position + 1 : position
    let end = digitsEnd(body, digits)
    if (end === digits || (body[digits] === zero && end - digits > 1)) return notPlain
    const next = body[end]
    let losesDigits = end - position > safeDigits || (first === minus && body[digits] === zero)
    if (next !== comma && next !== closeBrace) {
      end = fractionEnd(body, end)
      losesDigits = true
    }
    if (losesDigits && end !== notPlain) {
      this.edits.quote(position, end)
      this.quoted += 1
    }
    return end
  }
}

/** The position after a name without escapes that began at a position. */
function nameEnd(body: Buffer, position: number): number {
  let index = position
  for (; index < body.length; index += 1) {
    const byte = body[index] ?? 0
    if (byte === quote) return index + 1
    if (byte === backslash || byte < space) return notPlain
  }
  return notPlain
}

/** The position after a string that began at a position. */
function stringEnd(body: Buffer, position: number): number {
  let index = position
  for (; index < body.length; index += 1) {
    const byte = body[index] ?? 0
    if (byte === quote) return index + 1
    if (byte < space) return notPlain
    if (byte === backslash) {
      index += 1
      if ((body[index] ?? 0) < space) return notPlain
    }
  }
  return notPlain
}

function digitsEnd(body: Buffer, position: number): number {
  let index = position
  while (isDigit(body[index] ?? 0)) index += 1
  return index
}

/** The position after a number's fraction and exponent, the first of which is at a position. */
function fractionEnd(body: Buffer, position: number): number {
  let index = position
  if (body[index] === 0x2e) {
    index = digitsEnd(body, position + 1)
    if (index === position + 1) return notPlain
  }
  if (body[index] === 0x65 || body[index] === 0x45) {
    const sign = body[index + 1]
    const digits = index + (sign === 0x2b || sign === minus ? 2 : 1)
    index = digitsEnd(body, digits)
    if (index === digits) return notPlain
  }
  return index
}

/** The position after `null`, `true` or `false`. */
function wordEnd(body: Buffer, position: number): number {
  switch (body[position]) {
    case 0x6e:
      return hasRest(body, position, 0x75, 0x6c, 0x6c) ? position + 4 : notPlain
    case 0x74:
      return hasRest(body, position, 0x72, 0x75, 0x65) ? position + 4 : notPlain
    case 0x66:
      return hasRest(body, position, 0x61, 0x6c, 0x73) && body[position + 4] === 0x65
        ? position + 5
        : notPlain
    default:
      return notPlain
  }
}

function hasRest(body: Buffer, at: number, second: number, third: number, fourth: number): boolean {
  return body[at + 1] === second && body[at + 2] === third && body[at + 3] === fourth
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
