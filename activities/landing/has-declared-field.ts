import {
  bodyStart,
  eachMember,
  MalformedJsonError,
  memberName,
  skipSpace,
  skipValue,
} from '../json/json-walk.ts'
import type { RecordsPlace } from '../json/split-records.ts'

/**
 * Whether an object among a page's records has any of these fields, be it with null: the first mostly
 * does, and then no further one is looked at. True as well where no record is a sound object.
 *
 * @param body A page that was read: an array in it is whole.
 */
export function hasDeclaredField(
  body: Buffer,
  place: RecordsPlace,
  fields: ReadonlySet<string>,
): boolean {
  let hasObject = false
  const starts = place.kind === 'array' ? elementStarts(body, place.start) : lineStarts(body)
  for (const start of starts) {
    if (body[start] !== 0x7b) continue
    const found = hasField(body, start, fields)
    if (found === true) return true
    if (found === false) hasObject = true
  }
  return !hasObject
}

/** Undefined for an object that is malformed: it is set aside in any case. */
function hasField(body: Buffer, start: number, fields: ReadonlySet<string>): boolean | undefined {
  let isFound = false
  try {
    eachMember(body, start, (nameStart, nameEnd, valueStart) => {
      isFound ||= fields.has(memberName(body, nameStart, nameEnd))
      return skipValue(body, valueStart)
    })
  } catch (error) {
    if (!(error instanceof MalformedJsonError)) throw error
    return undefined
  }
  return isFound
}

function* elementStarts(body: Buffer, open: number): Generator<number> {
  let index = skipSpace(body, open + 1)
  while (body[index] !== 0x5d) {
    yield index
    index = skipSpace(body, skipValue(body, index))
    if (body[index] === 0x2c) index = skipSpace(body, index + 1)
  }
}

function* lineStarts(body: Buffer): Generator<number> {
  let index = skipSpace(body, bodyStart(body))
  while (index < body.length) {
    yield index
    const found = body.indexOf(0x0a, index)
    index = found === -1 ? body.length : skipSpace(body, found + 1)
  }
}
