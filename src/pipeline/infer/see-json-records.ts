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
import { kindOfNumber, kindOfText } from './value-kind.ts'

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
  const values: [name: string, value: SeenValue | undefined][] = []
  try {
    if (record[0] !== 0x7b) throw malformedJson('the record is not an object', 0)
    const end = eachMember(record, 0, (nameStart, nameEnd, start) => {
      const stop = skipValue(record, start)
      values.push([readString(record, nameStart, nameEnd), readValue(record, start, stop)])
      return stop
    })
    if (skipSpace(record, end) < record.length) throw malformedJson('something follows', end)
  } catch (error) {
    if (!(error instanceof MalformedJsonError)) throw error
    sightings.malformed += 1
    return
  }
  sightings.see(values)
}

/** Nothing for null. */
function readValue(record: Buffer, start: number, end: number): SeenValue | undefined {
  const first = record[start]
  if (first === 0x7b || first === 0x5b) {
    return { kind: 'nested', text: record.toString('utf8', start, end) }
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
