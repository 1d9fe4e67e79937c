import { kindOfNumber, type ValueKind } from '../../../activities/evolution/value-kind.ts'

const LEAST_BIGINT = -(2n ** 63n)
const MOST_BIGINT = 2n ** 63n - 1n
/** Longer integers are compared by their number of digits only. */
const MAX_COMPARED_DIGITS = 19

/** What was seen of one field, over all records. */
export class FieldSightings {
  readonly name: string
  readonly counts = new Map<ValueKind, number>()
  /** How many records have the field, null included. */
  present = 0
  /** Most digits before the point, and after it. */
  integerDigits = 0
  decimals = 0
  fitsBigint = true
  /** Whether every number comes out of a double as it was written. */
  keptByDouble = true
  /** Values with a NUL character, which PostgreSQL takes in no type. */
  withNul = 0
  /** Texts that would be a number without their quotes. */
  quotedNumbers = 0
  #seen: Set<string> | undefined = new Set()

  constructor(name: string) {
    this.name = name
  }

  /** How many values there were that are not null. */
  get values(): number {
    return this.counts.values().reduce((sum, count) => sum + count, 0)
  }

  /** Whether no two values were the same. */
  get isUnique(): boolean {
    return this.#seen !== undefined
  }

  /** @param text The value as it is written; of a JSON text, what it says. */
  see(kind: ValueKind, text: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    if (kind === 'integer' || kind === 'decimal' || kind === 'float') this.#measure(kind, text)
    if (kind === 'nested') {
      if (text.includes('\\u0000')) this.withNul += 1
      this.#seen = undefined
    } else if (kind === 'text') {
      if (text.includes('\0')) this.withNul += 1
      if (kindOfNumber(text) !== undefined) this.quotedNumbers += 1
    }
    const value = kind === 'uuid' || kind === 'bytea' ? text.toLowerCase() : text
    if (this.#seen?.has(value) === true) this.#seen = undefined
    else this.#seen?.add(value)
  }

  #measure(kind: ValueKind, text: string): void {
    if (this.keptByDouble) this.keptByDouble = isKeptByDouble(text)
    if (kind === 'float') return
    const [whole = '', fraction = ''] = text.replace('-', '').split('.')
    this.integerDigits = Math.max(this.integerDigits, whole.length)
    this.decimals = Math.max(this.decimals, fraction.length)
    if (kind === 'integer' && whole.length >= MAX_COMPARED_DIGITS) {
      this.fitsBigint &&= whole.length === MAX_COMPARED_DIGITS && isBigint(text)
    }
  }
}

function isBigint(text: string): boolean {
  const value = BigInt(text)
  return value >= LEAST_BIGINT && value <= MOST_BIGINT
}

/** Whether the shortest text of the nearest double has the same value: 0.1 is kept, 9007199254740993 not. */
function isKeptByDouble(text: string): boolean {
  if (!/\d/.test(text)) return true
  const nearest = Number(text)
  return Number.isFinite(nearest) && scientific(text) === scientific(String(nearest))
}

/** Significant digits and exponent: one text for one value. */
function scientific(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
