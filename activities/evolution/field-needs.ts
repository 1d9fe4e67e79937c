import type { ColumnType } from '../pipeline-definition.ts'
import { bigintDigits, joinTypes, numericType } from './join-types.ts'
import type { ValueKind } from './value-kind.ts'

const leastBigint = -(2n ** 63n)
const mostBigint = 2n ** 63n - 1n

/** What PostgreSQL's jsonb cannot hold: NUL, and numbers beyond its numeric. */
const notJsonb = /\\u0000|[0-9.]{1000}|[eE][+-]?0*[1-9][0-9]{4}/

const number = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/

/** What type a field needs, found out value by value; no value is changed by it. */
export class FieldNeeds {
  readonly #kinds = new Set<ColumnType['kind']>()
  #whole = 0
  #scale = 0

  /** @param text The value as it is written; of a JSON text, what it says. */
  see(kind: ValueKind, text: string): void {
    this.#kinds.add(this.#kindNeeded(kind, text))
  }

  /** Undefined where there was no value. */
  get type(): ColumnType | undefined {
    const types = [...this.#kinds].map((kind) => this.#typeOf(kind))
    return types.length === 0 ? undefined : types.reduce(joinTypes)
  }

  #kindNeeded(kind: ValueKind, text: string): ColumnType['kind'] {
    switch (kind) {
      case 'integer':
      case 'decimal':
      case 'float':
        return this.#measure(text)
      case 'boolean':
      case 'date':
      case 'timestamp':
      case 'timestamptz':
        return kind
      case 'nested':
        return notJsonb.test(text) ? 'text' : 'jsonb'
      case 'uuid':
      case 'time':
      case 'bytea':
      case 'text':
        return 'text'
    }
  }

  #measure(text: string): 'bigint' | 'numeric' | 'text' {
    const [, whole, fraction = '', exponent = '0'] = number.exec(text) ?? []
    // NaN and the infinities, or an exponent that moves the point too far.
    if (whole === undefined) return 'text'
    const isWhole = fraction === '' && Number(exponent) === 0
    if (isWhole && isBigint(text, whole.length)) return 'bigint'
    this.#whole = Math.max(this.#whole, whole.length + Number(exponent))
    this.#scale = Math.max(this.#scale, fraction.length - Number(exponent))
    return 'numeric'
  }

  #typeOf(kind: ColumnType['kind']): ColumnType {
    switch (kind) {
      case 'numeric':
        return numericType(this.#whole, this.#scale)
      case 'bigint':
      case 'boolean':
      case 'date':
      case 'timestamp':
      case 'timestamptz':
      case 'jsonb':
        return { kind }
      default:
        return { kind: 'text' }
    }
  }
}

function isBigint(text: string, digits: number): boolean {
  if (digits < bigintDigits) return true
  if (digits > bigintDigits) return false
  const value = BigInt(text)
  return value >= leastBigint && value <= mostBigint
}
