import { checkedRecord } from '../../../activities/json/check-record.ts'
import { eachLine } from '../../../activities/json/each-line.ts'
import {
  eachElement,
  eachMember,
  MalformedJsonError,
  malformedJson,
  skipSpace,
  skipValue,
} from '../../../activities/json/json-walk.ts'
import type { RecordsPlace } from '../../../activities/json/split-records.ts'
import type { RecordSightings, SeenValue } from './record-sightings.ts'
import { kindOfNumber, kindOfText } from '../../../activities/evolution/value-kind.ts'

/** How deep fields are proposed to have columns of their own: `$.a.b.c`. */
const MEMBER_LEVELS = 2

type SeenMember = [name: string, value: SeenValue | undefined]

/**
 * Looks at every record of a JSON or NDJSON body. Numbers are looked at as they are written: no value
 * goes through a float. Records that are malformed are counted only, as a load sets them aside.
 *
 * @throws PipelineError SOURCE_MALFORMED where the array of records is not one
 */
export function seeJsonRecords(
  body: Buffer,
  place: RecordsPlace,
  sightings: RecordSightings,
): void {
  if (place.kind === 'lines') {
    // A view of its own, so that what is not closed does not reach into other lines.
    eachLine(body, (start, end) => seeRecord(body.subarray(start, end), sightings))
    return
  }
  eachElement(body, place.start, (start) => {
    const end = skipValue(body, start)
    seeRecord(body.subarray(start, end), sightings)
    return end
  })
}

function seeRecord(record: Buffer, sightings: RecordSightings): void {
  const values: SeenMember[] = []
  try {
    const end = checkedRecord(record, 0, [])
    if (skipSpace(record, end) < record.length) throw malformedJson('something follows', end)
    readMembers(record, 0, MEMBER_LEVELS, values)
  } catch (error) {
    if (!(error instanceof MalformedJsonError)) throw error
    sightings.malformed += 1
    return
  }
  sightings.see(values)
}

/** Adds the members of the object that opens at `position`; objects among them as `readValue` does. */
function readMembers(
  record: Buffer,
  position: number,
  levels: number,
  members: SeenMember[],
): void {
  eachMember(record, position, (nameStart, nameEnd, start) => {
    const end = skipValue(record, start)
    members.push([readString(record, nameStart, nameEnd), readValue(record, start, end, levels)])
    return end
  })
}

/**
 * Nothing for null.
 * @param levels How deep objects are looked into.
 */
function readValue(
  record: Buffer,
  start: number,
  end: number,
  levels: number,
): SeenValue | undefined {
  const first = record[start]
  if (first === 0x7b || first === 0x5b) {
    const text = record.toString('utf8', start, end)
    if (first === 0x5b || levels === 0) return { kind: 'nested', text }
    const members: SeenMember[] = []
    readMembers(record, start, levels - 1, members)
    return { kind: 'nested', text, members }
  }
  if (first === 0x22) {
    const text = readString(record, start, end)
    return { kind: kindOfText(text), text }
  }
  const text = record.toString('latin1', start, end)
  if (text === 'null') return undefined
  const kind = text === 'true' || text === 'false' ? 'boolean' : kindOfNumber(text)
  if (kind === undefined) throw malformedJson('a value cannot be read', start)
  return { kind, text }
}

function readString(record: Buffer, start: number, end: number): string {
  try {
    const value: unknown = JSON.parse(record.toString('utf8', start, end))
    return String(value)
  } catch {
    throw malformedJson('a text cannot be read', start)
  }
}
