import { checkedRecord } from '../json/check-record.ts'
import { eachLine } from '../json/each-line.ts'
import {
  eachElement,
  eachMember,
  MalformedJsonError,
  memberName,
  skipSpace,
  skipValue,
} from '../json/json-walk.ts'
import { lengthProblem } from '../record-length.ts'
import type { RecordsPlace } from '../json/split-records.ts'
import type { SeenField, SeenFields } from './seen-fields.ts'
import { kindOfNumber, kindOfText, kindOfUntyped, type ValueKind } from './value-kind.ts'

interface SeenValue {
  readonly kind: ValueKind
  readonly text: string
}

/**
 * Looks at the wanted fields of every sound record of a JSON or NDJSON body, as they are written: no
 * number goes through a float.
 */
export function seeJsonFields(body: Buffer, place: RecordsPlace, fields: SeenFields): void {
  if (place.kind === 'lines') {
    // A view of its own, so that what is not closed does not reach into other lines.
    eachLine(body, (start, end) => seeRecord(body.subarray(start, end), fields))
    return
  }
  eachElement(body, place.start, (start) => {
    const end = skipValue(body, start)
    seeRecord(body.subarray(start, end), fields)
    return end
  })
}

/** A record that is malformed is set aside, whatever it has. */
function seeRecord(record: Buffer, fields: SeenFields): void {
  if (lengthProblem(record.length) !== undefined) return
  const seen: [SeenField, SeenValue][] = []
  try {
    const end = checkedRecord(record, 0, [])
    if (skipSpace(record, end) < record.length) return
    eachMember(record, 0, (nameStart, nameEnd, start) => {
      const valueEnd = skipValue(record, start)
      const name = memberName(record, nameStart, nameEnd)
      const field = fields.get(name)
      if (field === undefined) return valueEnd
      const value = readValue(record, start, valueEnd, field.isTyped)
      if (value !== undefined) seen.push([field, value])
      return valueEnd
    })
  } catch (error) {
    if (error instanceof MalformedJsonError) return
    throw error
  }
  for (const [{ needs }, { kind, text }] of seen) needs.see(kind, text)
}

/** Nothing for null, and for a text that cannot be read: its record is set aside. */
function readValue(
  record: Buffer,
  start: number,
  end: number,
  isTyped: boolean,
): SeenValue | undefined {
  const first = record[start]
  if (first === 0x7b || first === 0x5b) {
    return { kind: 'nested', text: record.toString('utf8', start, end) }
  }
  if (first === 0x22) {
    const text = readString(record, start, end)
    if (text === undefined) return undefined
    return { kind: isTyped ? kindOfUntyped(text) : kindOfText(text), text }
  }
  const text = record.toString('latin1', start, end)
  if (text === 'null') return undefined
  const kind = text === 'true' || text === 'false' ? 'boolean' : kindOfNumber(text)
  return kind === undefined ? undefined : { kind, text }
}

function readString(record: Buffer, start: number, end: number): string | undefined {
  try {
    const value: unknown = JSON.parse(record.toString('utf8', start, end))
    return String(value)
  } catch {
    return undefined
  }
}
