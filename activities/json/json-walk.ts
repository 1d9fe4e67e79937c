import { PipelineError } from '../pipeline-error.ts'

/**
 * Steps over JSON text byte by byte without building values: what paging and splitting need, at a
 * fraction of the cost of parsing, and without passing a number through a float. It checks the
 * structure (quotes, brackets, separators); DuckDB checks what is inside the records.
 */

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const comma = 0x2c
const colon = 0x3a

/** Where a body stops being JSON, and why. */
export class MalformedJsonError extends PipelineError {
  /** In words, without data. */
  readonly reason: string

  constructor(reason: string, position: number) {
    super('SOURCE_MALFORMED', `the JSON body is malformed: ${reason}`, {
      at: { byte: position },
      remedy: 'Look at what the source serves there; a body that was cut short is fetched again.',
      // A source that answers badly once (an overloaded proxy, a deploy) often answers well next time.
      retryable: true,
    })
    this.reason = reason
  }
}

export function malformedJson(reason: string, position: number): MalformedJsonError {
  return new MalformedJsonError(reason, position)
}

/** The position after a byte order mark, where there is one. */
export function bodyStart(body: Uint8Array): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0
}

/** The first position at or after `position` that is not white space. */
export function skipSpace(body: Uint8Array, position: number): number {
  let index = position
  for (;;) {
    const byte = body[index]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return index
    index += 1
  }
}

/** The position after the string whose opening quote stands at `position`. */
export function skipString(body: Uint8Array, position: number): number {
  let index = position + 1
  const end = body.length
  while (index < end) {
    const byte = body[index]
    if (byte === quote) return index + 1
    index += byte === backslash ? 2 : 1
  }
  throw malformedJson('a string does not end', position)
}

/** The position after the array or object that opens at `position`. */
export function skipContainer(body: Uint8Array, position: number): number {
  const closers: number[] = []
  let index = position
  const end = body.length
  while (index < end) {
    const byte = body[index]
    if (byte === quote) {
      index = skipString(body, index)
      continue
    }
    if (byte === openBrace) closers.push(closeBrace)
    else if (byte === openBracket) closers.push(closeBracket)
    else if (byte === closeBrace || byte === closeBracket) {
      if (closers.pop() !== byte) throw malformedJson('brackets do not match', index)
      if (closers.length === 0) return index + 1
    }
    index += 1
  }
  throw malformedJson('an array or object does not end', position)
}

/** The position after the value (of any kind) that starts at `position`. */
export function skipValue(body: Uint8Array, position: number): number {
  const byte = body[position]
  if (byte === quote) return skipString(body, position)
  if (byte === openBrace || byte === openBracket) return skipContainer(body, position)
  return skipScalar(body, position)
}

/** The position after the number, `true`, `false` or `null` that starts at `position`. */
export function skipScalar(body: Uint8Array, position: number): number {
  let index = position
  const end = body.length
  while (index < end && !endsScalar(body[index])) index += 1
  if (index === position) throw malformedJson('a value is missing', position)
  return index
}

function endsScalar(byte: number | undefined): boolean {
  return (
    byte === comma ||
    byte === closeBrace ||
    byte === closeBracket ||
    byte === 0x20 ||
    byte === 0x0a ||
    byte === 0x0d ||
    byte === 0x09 ||
    byte === colon
  )
}

/**
 * Calls `visit` at the start of each element of the array that opens at `position`; `visit` returns
 * the position after the element. Returns the position after the array.
 */
export function eachElement(
  body: Uint8Array,
  position: number,
  visit: (start: number) => number,
): number {
  let index = skipSpace(body, position + 1)
  if (body[index] === closeBracket) return index + 1
  for (;;) {
    index = skipSpace(body, visit(index))
    const byte = body[index]
    if (byte === closeBracket) return index + 1
    if (byte !== comma) throw malformedJson('an array does not go on as it should', index)
    index = skipSpace(body, index + 1)
  }
}

/**
 * Calls `visit` for each member of the object that opens at `position`, with the span of its name
 * (quotes included) and the start of its value; `visit` returns the position after the value.
 * Returns the position after the object.
 */
export function eachMember(
  body: Uint8Array,
  position: number,
  visit: (nameStart: number, nameEnd: number, valueStart: number) => number,
): number {
  let index = skipSpace(body, position + 1)
  if (body[index] === closeBrace) return index + 1
  for (;;) {
    if (body[index] !== quote) throw malformedJson('a member name is missing', index)
    const nameEnd = skipString(body, index)
    const separator = skipSpace(body, nameEnd)
    if (body[separator] !== colon) throw malformedJson('a colon is missing', separator)
    index = skipSpace(body, visit(index, nameEnd, skipSpace(body, separator + 1)))
    const byte = body[index]
    if (byte === closeBrace) return index + 1
    if (byte !== comma) throw malformedJson('an object does not go on as it should', index)
    index = skipSpace(body, index + 1)
  }
}

/** The name that stands between two positions, quotes included, as text. */
export function memberName(body: Buffer, start: number, end: number): string {
  const name = body.toString('utf8', start + 1, end - 1)
  if (!name.includes('\\')) return name
  try {
    return String(JSON.parse(`"${name}"`))
  } catch {
    // DuckDB refuses the record.
    return name
  }
}
