import type { ColumnType } from '../../../activities/pipeline-definition.ts'
import { MAX_PRECISION } from '../column-type.ts'
import type { FieldSightings } from './field-sightings.ts'
import { VALUE_KINDS, type ValueKind } from '../../../activities/evolution/value-kind.ts'

/** What a later page may have more than the pages that were seen. Decimals first: a number that has too
 * many is rounded without a word, one that is too large is set aside. */
const MORE_DECIMALS = 2
const MORE_INTEGER_DIGITS = 4

/** In the words of a person who looks at the counts. */
export const KIND_NAMES: Readonly<Record<ValueKind, string>> = {
  boolean: 'true or false',
  integer: 'integers',
  decimal: 'decimals',
  float: 'numbers with an exponent',
  uuid: 'uuids',
  date: 'dates',
  time: 'times of day',
  timestamp: 'times without an offset',
  timestamptz: 'times with an offset',
  bytea: 'bytes in hexadecimal',
  text: 'texts',
  nested: 'arrays or objects',
}

export interface ChosenType {
  /** Absent where no column can hold the field as it is. */
  readonly type?: ColumnType
  /** What a person should know, in one line. */
  readonly note?: string
}

/** The narrowest type that takes every value that was seen without losing a digit. */
export function chooseType(field: FieldSightings): ChosenType {
  const kinds = VALUE_KINDS.filter((kind) => field.counts.has(kind))
  const [only, ...others] = kinds
  if (only === undefined) return { type: { kind: 'text' }, note: 'null in every record' }
  if (only === 'nested' && field.withNul === 0) return { type: { kind: 'jsonb' } }
  if (kinds.includes('nested')) {
    const nul = field.withNul === 0 ? '' : ', NUL characters in it'
    return { note: `skipped: ${namesOf(kinds)}${nul}` }
  }
  if (isNumber(only) && others.every(isNumber)) return chooseNumber(field, kinds)
  if (others.length > 0 || isNumber(only) || only === 'nested') {
    return text(`mixed: ${namesOf(kinds)}`)
  }
  if (field.withNul > 0) return text('NUL characters in it set their rows aside')
  if (field.quotedNumbers === field.values) return text('numbers in quotes')
  return { type: { kind: only } }
}

function chooseNumber(field: FieldSightings, kinds: readonly ValueKind[]): ChosenType {
  if (kinds.includes('float')) {
    return field.keptByDouble
      ? { type: { kind: 'double' } }
      : text('numbers with an exponent, some with more digits than a double keeps')
  }
  if (!kinds.includes('decimal') && field.fitsBigint) return { type: { kind: 'bigint' } }
  const { integerDigits, decimals } = field
  const room = MAX_PRECISION - integerDigits - decimals
  if (room < 0) return text(`numbers with more than ${MAX_PRECISION} digits`)
  if (decimals === 0) return { type: { kind: 'numeric', precision: integerDigits, scale: 0 } }
  const scale = decimals + Math.min(MORE_DECIMALS, room)
  const precision = Math.min(MAX_PRECISION, integerDigits + MORE_INTEGER_DIGITS + scale)
  return { type: { kind: 'numeric', precision, scale } }
}

function text(note: string): ChosenType {
  return { type: { kind: 'text' }, note }
}

function isNumber(kind: ValueKind): kind is 'integer' | 'decimal' | 'float' {
  return kind === 'integer' || kind === 'decimal' || kind === 'float'
}

function namesOf(kinds: readonly ValueKind[]): string {
  return kinds.map((kind) => KIND_NAMES[kind]).join(', ')
}
