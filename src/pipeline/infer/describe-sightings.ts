import { KIND_NAMES } from './choose-type.ts'
import type { FieldSightings } from './field-sightings.ts'
import { VALUE_KINDS } from '../../../activities/evolution/value-kind.ts'

/** How often each kind of value was seen, and null; kinds that were not seen are left out. */
export function countsOf(field: FieldSightings, records: number): Readonly<Record<string, number>> {
  const seen = VALUE_KINDS.map((kind) => [kind, field.counts.get(kind) ?? 0] as const)
  const counts = [...seen, ['null', records - field.values] as const]
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

/** `1,000 records`. */
export function describeRecords(records: number): string {
  return records === 1 ? '1 record' : `${records.toLocaleString('en-US')} records`
}

/** `990 integers, 10 null`, for people. */
export function describeCounts(field: FieldSightings, records: number): string {
  return Object.entries(countsOf(field, records))
    .map(([kind, count]) => `${count.toLocaleString('en-US')} ${NAMES[kind] ?? kind}`)
    .join(', ')
}

const NAMES: Readonly<Record<string, string>> = KIND_NAMES
