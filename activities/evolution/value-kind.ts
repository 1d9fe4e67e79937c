/** What a value of a record can be seen to be. Null is none of them. */
export const VALUE_KINDS = [
  'boolean',
  'integer',
  'decimal',
  'float',
  'uuid',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'bytea',
  'text',
  'nested',
] as const

export type ValueKind = (typeof VALUE_KINDS)[number]

const INTEGER = /^-?(0|[1-9]\d*)$/
const DECIMAL = /^-?(0|[1-9]\d*)\.\d+$/
const EXPONENT = /^-?(0|[1-9]\d*)(\.\d+)?[eE][+-]?\d+$/
/** No JSON has them, but CSV may. */
const NOT_FINITE = /^(NaN|-?Infinity)$/
const BOOLEAN = /^(true|false)$/i
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const HEXADECIMAL = /^[0-9a-f]*$/i
const DAY = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$/
/** The conversion reads an offset behind seconds only. */
const ZONED_TIME = /^(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?)(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)$/

/** What kind of number a JSON number is, by its text alone; nothing where it is none. */
export function kindOfNumber(text: string): ValueKind | undefined {
  if (INTEGER.test(text)) return 'integer'
  if (DECIMAL.test(text)) return 'decimal'
  return EXPONENT.test(text) ? 'float' : undefined
}

/**
 * What a text in quotes stands for, by exact patterns that the conversion accepts. A number in quotes
 * is text: its source calls it so.
 */
export function kindOfText(text: string): ValueKind {
  if (UUID.test(text)) return 'uuid'
  if (isBytes(text)) return 'bytea'
  if (TIME.test(text)) return keepsMicroseconds(text) ? 'time' : 'text'
  if (!isDay(text.slice(0, 10))) return 'text'
  if (text.length === 10) return 'date'
  const time = text.slice(11)
  if (text[10] !== 'T' && text[10] !== ' ') return 'text'
  if (TIME.test(time)) return keepsMicroseconds(time) ? 'timestamp' : 'text'
  const zoned = ZONED_TIME.exec(time)
  return zoned !== null && keepsMicroseconds(zoned[1] ?? '') ? 'timestamptz' : 'text'
}

/** What a value of a format without types (CSV) stands for. Leading zeros are no number's: zip codes. */
export function kindOfUntyped(text: string): ValueKind {
  if (BOOLEAN.test(text)) return 'boolean'
  return kindOfNumber(text) ?? (NOT_FINITE.test(text) ? 'float' : kindOfText(text))
}

/**
 * As PostgreSQL writes bytes; base64 looks like any other text. A pattern of pairs would fill the stack
 * where there are millions of them.
 */
function isBytes(text: string): boolean {
  return text.startsWith('\\x') && text.length % 2 === 0 && HEXADECIMAL.test(text.slice(2))
}

/** Whether a time of day has nothing below the microsecond, where it would be cut. */
function keepsMicroseconds(time: string): boolean {
  return /^0*$/.test((time.split('.')[1] ?? '').slice(6))
}

/** Whether there is that day. `Date.UTC` would read the years 0 to 99 as 1900 to 1999. */
function isDay(text: string): boolean {
  if (!DAY.test(text)) return false
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return year > 0 && date.toISOString().startsWith(text)
}
