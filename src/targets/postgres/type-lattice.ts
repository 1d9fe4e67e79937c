import { parseTableType, type TableType } from './table-type.ts'

/** Decimal digits that every whole number of the type fits into. */
const WHOLE_DIGITS: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 }

/** Digits of a second that PostgreSQL keeps where a type does not say. */
const MICROSECONDS = 6

/** Types whose values become text as PostgreSQL writes them: in UTC, dates in ISO order. */
const WRITABLE: ReadonlySet<TableType['kind']> = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'boolean',
  'date',
  'time without time zone',
  'timestamp without time zone',
  'timestamp with time zone',
  'uuid',
  'json',
  'jsonb',
  'character varying',
  'character',
] as const)

/**
 * Whether a column of type `table` takes every value of type `declared` as it is, and compares with
 * it. Both as PostgreSQL writes them.
 */
export function takesAll(table: string, declared: string): boolean {
  if (table === declared) return true
  const wide = parseTableType(table)
  const narrow = parseTableType(declared)
  if (wide === undefined || narrow === undefined) return false
  // An array compares with arrays of the same elements only.
  if (wide.kind === 'array' || narrow.kind === 'array') return false
  if (narrow.kind === 'text') return wide.kind === 'character varying' && isUnlimited(wide)
  if (narrow.kind === wide.kind && 'limit' in wide) return wide.limit === MICROSECONDS
  return isNumberWidening(narrow, wide)
}

/**
 * Whether a column's type can be altered from `table` to `declared` so that no value is lost or
 * made another one. Both as PostgreSQL writes them.
 */
export function widensTo(table: string, declared: string): boolean {
  const from = parseTableType(table)
  const to = parseTableType(declared)
  return from !== undefined && to !== undefined && isWidening(from, to)
}

function isWidening(from: TableType, to: TableType): boolean {
  if (from.kind === 'array' || to.kind === 'array') {
    return from.kind === 'array' && to.kind === 'array' && isWidening(from.element, to.element)
  }
  if (to.kind === 'text') return WRITABLE.has(from.kind)
  if (from.kind === 'real') return to.kind === 'double precision'
  if (from.kind === 'date') return to.kind === 'timestamp without time zone' && isUnlimited(to)
  // Fewer digits of a second become all six.
  if (from.kind === to.kind && 'limit' in from && isTimeOfSecond(from)) return isUnlimited(to)
  return isNumberWidening(from, to)
}

function isNumberWidening(from: TableType, to: TableType): boolean {
  const digits = numberDigits(from)
  if (digits === undefined) return false
  if (to.kind === 'numeric') {
    const { precision, scale = 0 } = to
    return precision === undefined || (scale >= digits.scale && precision - scale >= digits.whole)
  }
  if (from.kind === 'numeric') return false
  const wider = WHOLE_DIGITS[to.kind]
  return wider !== undefined && wider > digits.whole
}

/** Decimal digits before and behind the point; undefined where they are without a limit. */
function numberDigits(type: TableType): { whole: number; scale: number } | undefined {
  if (type.kind === 'numeric') {
    const { precision, scale = 0 } = type
    return precision === undefined ? undefined : { whole: precision - scale, scale }
  }
  const whole = WHOLE_DIGITS[type.kind]
  return whole === undefined ? undefined : { whole, scale: 0 }
}

function isTimeOfSecond({ kind }: TableType): boolean {
  return kind.startsWith('time')
}

function isUnlimited(type: TableType): boolean {
  return !('limit' in type)
}
