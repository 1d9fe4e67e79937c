import {
  bodyStart,
  eachElement,
  eachMember,
  malformedJson,
  skipContainer,
  skipScalar,
  skipSpace,
  skipString,
} from './json-walk.ts'

/** Digits that a double always keeps; a longer number may lose some on its way through DuckDB. */
const safeDigits = 15
const lineEnd = 0x0a

/** Where records stand in a body: in an array that opens at a position, or one a line. */
export type RecordsPlace =
  | { readonly kind: 'array'; readonly start: number }
  | { readonly kind: 'lines' }

export interface SplitRecords {
  readonly pieces: readonly Buffer[]
  readonly count: number
  /** An upper bound of the longest line. */
  readonly longestRecordBytes: number
}

/**
 * Turns records into NDJSON for DuckDB, one line a record, returned as pieces to write one after the
 * other.
 *
 * DuckDB's reader passes every number but 64-bit integers through a double, so numbers with a
 * fraction, an exponent or many digits (also inside nested values) are given to it as JSON strings of
 * the source's own text: a column read as VARCHAR then has the exact digits.
 *
 * Consumes `body`: the pieces are slices of it, with separators replaced in place.
 *
 * @throws PipelineError SOURCE_MALFORMED when an element is not an object
 */
export function splitRecords(body: Buffer, place: RecordsPlace): SplitRecords {
  const risky: { start: number; end: number }[] = []
  const recordEnds: number[] = []
  let longestRecordBytes = 0
  const visitMember = (_nameStart: number, _nameEnd: number, start: number): number => {
    const first = body[start]
    if (first === 0x22) return skipString(body, start)
    const nested = first === 0x7b || first === 0x5b
    const end = nested ? skipContainer(body, start) : skipScalar(body, start)
    if (nested ? containerLosesDigits(body, start, end) : numberLosesDigits(body, start, end)) {
      risky.push({ start, end })
    }
    return end
  }
  const end = eachRecord(body, place, (start) => {
    const recordEnd = eachMember(body, start, visitMember)
    recordEnds.push(recordEnd)
    // A value that is quoted as a string has its own quotes escaped.
    longestRecordBytes = Math.max(longestRecordBytes, (recordEnd - start) * 2)
    return recordEnd
  })
  const start = place.kind === 'array' ? place.start + 1 : bodyStart(body)

  // White space between tokens may hold line ends, which NDJSON cannot.
  const hasLineEnds = [0x0a, 0x0d].some((byte) => {
    const found = body.indexOf(byte, start)
    return found !== -1 && found < end
  })
  if (hasLineEnds) unfold(body, start, end)
  // After a record stands white space, a comma or the closing bracket: the first such byte becomes
  // the line end, a comma or bracket further on becomes a space.
  for (const position of recordEnds) {
    const separator = skipSpace(body, position)
    if (separator < body.length && place.kind === 'array') body[separator] = 0x20
    if (position < body.length) body[position] = lineEnd
  }

  const pieces: Buffer[] = []
  let copied = start
  for (const value of risky) {
    pieces.push(body.subarray(copied, value.start))
    pieces.push(Buffer.from(JSON.stringify(body.toString('utf8', value.start, value.end))))
    copied = value.end
  }
  const last = recordEnds.at(-1)
  if (last !== undefined) {
    pieces.push(body.subarray(copied, last + 1))
    if (last === body.length) pieces.push(Buffer.from('\n'))
  }
  return { pieces, count: recordEnds.length, longestRecordBytes }
}

/** How many records a body of one JSON object a line holds. */
export function countRecords(body: Buffer): number {
  let count = 0
  eachRecord(body, { kind: 'lines' }, (start) => {
    count += 1
    return skipContainer(body, start)
  })
  return count
}

/** Returns the position after the last record's place. */
function eachRecord(body: Buffer, place: RecordsPlace, visit: (start: number) => number): number {
  const visitRecord = (start: number): number => {
    if (body[start] !== 0x7b) throw malformedJson('a record is not an object', start)
    return visit(start)
  }
  if (place.kind === 'array') return eachElement(body, place.start, visitRecord)
  let index = skipSpace(body, bodyStart(body))
  while (index < body.length) {
    const end = visitRecord(index)
    const lineBreak = body.indexOf(lineEnd, end)
    const rest = lineBreak === -1 ? body.length : lineBreak
    index = skipSpace(body, end)
    if (index < rest) throw malformedJson('something follows the record on its line', index)
  }
  return body.length
}

function numberLosesDigits(body: Uint8Array, start: number, end: number): boolean {
  const first = body[start]
  // true, false and null
  if (first !== 0x2d && !(first !== undefined && first >= 0x30 && first <= 0x39)) return false
  if (end - start > safeDigits) return true
  for (let index = start; index < end; index += 1) {
    const byte = body[index]
    // A fraction or exponent: 1.10 would come back as 1.1.
    if (byte === 0x2e || byte === 0x65 || byte === 0x45) return true
  }
  return false
}

function containerLosesDigits(body: Uint8Array, start: number, end: number): boolean {
  let index = start
  while (index < end) {
    const byte = body[index]
    if (byte === 0x22) {
      index = skipString(body, index)
    } else if (byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39)) {
      const stop = skipScalar(body, index)
      if (numberLosesDigits(body, index, stop)) return true
      index = stop
    } else {
      index += 1
    }
  }
  return false
}

function unfold(body: Buffer, start: number, end: number): void {
  let index = start
  while (index < end) {
    const byte = body[index]
    if (byte === 0x22) {
      const stop = skipString(body, index)
      const text = body.subarray(index, stop)
      if (text.includes(0x0a) || text.includes(0x0d)) {
        throw malformedJson('a string holds a bare line end', index)
      }
      index = stop
    } else {
      if (byte === 0x0a || byte === 0x0d) body[index] = 0x20
      index += 1
    }
  }
}
