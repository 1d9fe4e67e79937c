import {
  base64Pattern,
  datePattern,
  hexPattern,
  integerPattern,
  jsonNulPattern,
  jsonTokensPattern,
  jsonWideNumberPattern,
  timePattern,
  uuidPattern,
} from '../../activities/conversion/type-patterns.ts'
import {
  arrayLiteralPattern,
  flatJsonArrayPattern,
  flatJsonElementPattern,
  jsonArrayEndsPattern,
  jsonArrayPattern,
  jsonElementPattern,
  literalElementPattern,
  literalEscapePattern,
} from '../../activities/conversion/array-patterns.ts'
import type { ColumnType, ScalarType } from '../../activities/pipeline-definition.ts'
import { columnTypeText } from './infer/column-type-text.ts'

const integerBits = { smallint: 16, integer: 32, bigint: 64 } as const

/**
 * What keeps a text from being a default of the type; `undefined` when nothing does. Stricter than
 * a load is with a source: a default is not rounded, and its year is 1 to 9999.
 */
export function defaultProblem(type: ColumnType, text: string): string | undefined {
  if (type.kind !== 'array') return isOfType(type, text) ? undefined : `is not of type ${type.kind}`
  const elements = elementsOf(type.element, text)
  const isArray = elements?.every((element) => element === null || isOfType(type.element, element))
  return isArray === true ? undefined : `is not of type ${columnTypeText(type)}`
}

/** The texts of an array's elements, read as a load reads them; `undefined` where the text is none. */
function elementsOf({ kind }: ScalarType, text: string): (string | null)[] | undefined {
  const areJson = kind === 'json' || kind === 'jsonb'
  if (isWhole(areJson ? jsonArrayPattern : flatJsonArrayPattern, text) && isJson(text)) {
    const inner = text.replaceAll(new RegExp(jsonArrayEndsPattern, 'g'), '')
    return allOf(areJson ? jsonElementPattern : flatJsonElementPattern, inner).map((written) => {
      if (written === 'null') return null
      return areJson || !written.startsWith('"') ? written : String(JSON.parse(written))
    })
  }
  if (!isWhole(arrayLiteralPattern, text)) return undefined
  const unescaped = (written: string) =>
    written.replaceAll(new RegExp(literalEscapePattern, 'g'), '$1')
  return allOf(literalElementPattern, text).map((written) => {
    if (written.startsWith('"')) return unescaped(written.slice(1, -1))
    return written.toLowerCase() === 'null' ? null : unescaped(written)
  })
}

function allOf(pattern: string, text: string): string[] {
  return text.match(new RegExp(pattern, 'g')) ?? []
}

function isOfType(type: ScalarType, text: string): boolean {
  switch (type.kind) {
    case 'smallint':
    case 'integer':
    case 'bigint': {
      if (!isWhole(integerPattern, text)) return false
      const value = BigInt(text.trim().replace(/^\+/, ''))
      return BigInt.asIntN(integerBits[type.kind], value) === value
    }
    case 'numeric': {
      const parts = /^[+-]?0*(\d*)(?:\.(\d*?)0*)?$/.exec(text)
      if (parts === null || !/\d/.test(text)) return false
      const [, whole = '', fraction = ''] = parts
      return whole.length <= type.precision - type.scale && fraction.length <= type.scale
    }
    case 'double':
      return /^(?:NaN|-?Infinity)$/.test(text) || isFiniteNumber(text)
    case 'boolean':
      return /^(?:true|false|yes|no|[tfyn01])$/i.test(text)
    case 'text':
      return text.isWellFormed() && !text.includes('\0')
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return isWhole(datePattern, text) && isDay(text.trim())
    case 'time':
      return isWhole(timePattern, text)
    case 'uuid':
      return isWhole(uuidPattern, text)
    case 'bytea':
      return isWhole(`(?:${hexPattern}|${base64Pattern})`, text)
    case 'json':
      return isJson(text)
    case 'jsonb':
      return (
        isJson(text) &&
        !new RegExp(jsonNulPattern).test(text) &&
        !new RegExp(jsonWideNumberPattern).test(text)
      )
  }
}

function isWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text)
}

function isFiniteNumber(text: string): boolean {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return false
  const value = Number(text)
  return Number.isFinite(value) && (value !== 0 || !/^[^eE]*[1-9]/.test(text))
}

function isDay(text: string): boolean {
  if (/^-?infinity$/i.test(text)) return true
  const [, year, month, day] = /^(\d{4})-(\d+)-(\d+)(?!.*BC)/.exec(text) ?? []
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

function isJson(text: string): boolean {
  if (!isWhole(jsonTokensPattern, text)) return false
  try {
    // Half a surrogate pair is written as its escape.
    return !/\\ud[89a-f]/.test(JSON.stringify(JSON.parse(text)))
  } catch {
    return false
  }
}
