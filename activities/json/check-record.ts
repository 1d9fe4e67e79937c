import { textProblem } from './check-text.ts'
import { eachMember, malformedJson, skipScalar, skipString } from './json-walk.ts'

/** Digits that a double always keeps; a longer number may lose some on its way through DuckDB. */
export const safeDigits = 15
const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const words = ['null', 'true', 'false']

/**
 * Objects and arrays inside each other, the record itself being the first. Both DuckDB and PostgreSQL
 * go down by recursion: DuckDB ends the whole process somewhere beyond 10,000 levels, and PostgreSQL
 * refuses the COPY by its `max_stack_depth`. Other readers of JSON stop at 1,000 or earlier.
 */
export const maxNestingLevels = 1000
export const tooDeep = `the JSON is nested deeper than ${maxNestingLevels.toLocaleString('en-US')} levels`

export interface NumberSpan {
  readonly start: number
  readonly end: number
}

/**
 * Steps over the object that must stand at `position`, and lists the values of its members that would
 * lose digits on their way through DuckDB. Returns the position after the object.
 *
 * DuckDB checks what it reads, so checked here is only what it would not: `NaN`, `Infinity` and a
 * comma before a closing bracket, which it takes, what is nested too deep for it, and the values that it
 * will be given as text.
 *
 * @throws MalformedJsonError
 */
export function checkedRecord(body: Buffer, position: number, digits: NumberSpan[]): number {
  if (body[position] !== 0x7b) throw malformedJson('the record is not an object', position)
  return eachMember(body, position, (_nameStart, _nameEnd, start) => {
    const first = body[start]
    if (first === 0x22) return skipString(body, start)
    if (first === 0x7b || first === 0x5b) {
      const { end, losesDigits } = checkedContainer(body, start)
      if (losesDigits) {
        const problem = textProblem(body.subarray(start, end))
        if (problem !== undefined) throw malformedJson(problem, start)
        digits.push({ start, end })
      }
      return end
    }
    const end = skipScalar(body, start)
    if (checkedScalar(body, start, end)) digits.push({ start, end })
    return end
  })
}

/** Whether the number loses digits; false for `true`, `false` and `null`. */
function checkedScalar(body: Buffer, start: number, end: number): boolean {
  const first = body[start]
  if (!isDigit(first) && first !== 0x2d) {
    if (words.some((word) => isWord(body, start, end, word))) return false
    throw malformedJson('the record is not JSON', start)
  }
  // -0 would come back as 0.
  let losesDigits = end - start > safeDigits || (first === 0x2d && body[start + 1] === 0x30)
  for (let index = start + 1; index < end && !losesDigits; index += 1) {
    // A fraction or exponent: 1.10 would come back as 1.1.
    losesDigits = !isDigit(body[index])
  }
  if (losesDigits && !numberPattern.test(body.toString('latin1', start, end))) {
    throw malformedJson('the record is not JSON', start)
  }
  return losesDigits
}

/** Steps over an array or object in a record. */
function checkedContainer(body: Buffer, position: number): { end: number; losesDigits: boolean } {
  const closers: number[] = []
  let losesDigits = false
  let previous = 0
  let index = position
  while (index < body.length) {
    const byte = body[index] ?? 0
    if (byte === 0x22) {
      index = skipString(body, index)
      previous = byte
      continue
    }
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      index += 1
      continue
    }
    if (byte === 0x7b || byte === 0x5b) {
      closers.push(byte === 0x7b ? 0x7d : 0x5d)
      if (closers.length >= maxNestingLevels) throw malformedJson(tooDeep, index)
    } else if (byte === 0x7d || byte === 0x5d) {
      if (closers.pop() !== byte) throw malformedJson('brackets do not match', index)
      if (previous === 0x2c) throw malformedJson('the record is not JSON', index)
      if (closers.length === 0) return { end: index + 1, losesDigits }
    } else if (byte !== 0x2c && byte !== 0x3a) {
      const end = skipScalar(body, index)
      if (checkedScalar(body, index, end)) losesDigits = true
      previous = byte
      index = end
      continue
    }
    previous = byte
    index += 1
  }
  throw malformedJson('an array or object does not end', position)
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function isWord(body: Buffer, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false
  for (let index = 0; index < word.length; index += 1) {
    if (body[start + index] !== word.charCodeAt(index)) return false
  }
  return true
}
