import {
  plainColumnKinds,
  type ColumnType,
  type ScalarType,
} from '../../activities/pipeline-definition.ts'
import { suggestion } from './suggestion.ts'
import type { Parsed } from './parsed.ts'

/** Of DuckDB's DECIMAL, through which every numeric column goes. */
export const MAX_PRECISION = 38

const PLAIN_TYPES: ReadonlyMap<string, ScalarType> = new Map(
  plainColumnKinds.map((kind) => [kind, { kind }]),
)

/** What other systems call these types. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['int', 'integer'],
  ['int2', 'smallint'],
  ['int4', 'integer'],
  ['int8', 'bigint'],
  ['long', 'bigint'],
  ['float', 'double'],
  ['float8', 'double'],
  ['real', 'double'],
  ['double precision', 'double'],
  ['number', 'numeric(38, 9) or double'],
  ['decimal', 'numeric(38, 9)'],
  ['numeric', 'numeric(38, 9)'],
  ['bool', 'boolean'],
  ['string', 'text'],
  ['varchar', 'text'],
  ['char', 'text'],
  ['datetime', 'timestamp'],
  ['object', 'jsonb'],
  ['struct', 'jsonb'],
  ['blob', 'bytea'],
  ['binary', 'bytea'],
])

/** Every type's name, as a file writes it; an array has `[]` behind its elements' type. */
export const COLUMN_TYPE_NAMES: readonly string[] = [...PLAIN_TYPES.keys(), 'numeric(p, s)']

/** Reads a declared column type: `bigint`, `numeric(10, 2)`, `text[]`. */
export function parseColumnType(text: string): Parsed<ColumnType> {
  const [, elementText, dimensions] = /^(.*?) ?((?:\[[ \d]*\] ?)+)$/.exec(text) ?? []
  if (elementText === undefined || dimensions === undefined) return parseScalarType(text)
  if (dimensions !== '[]') {
    return { problem: `an array has one dimension, of any length: write ${elementText}[]` }
  }
  const element = parseScalarType(elementText, '[]')
  return 'problem' in element ? element : { value: { kind: 'array', element: element.value } }
}

/** @param suffix What stands behind it, for the type that was meant. */
function parseScalarType(text: string, suffix = ''): Parsed<ScalarType> {
  const plain = PLAIN_TYPES.get(text)
  if (plain !== undefined) return { value: plain }
  const numeric = /^numeric ?\( ?(\d{1,4}) ?(?:, ?(\d{1,4}) ?)?\)$/.exec(text)
  if (numeric !== null) return parseNumeric(Number(numeric[1]), Number(numeric[2] ?? 0))
  const bare = text.toLowerCase().replace(/\s*\(.*$/, '')
  const other = PLAIN_TYPES.has(bare) ? bare : OTHER_NAMES.get(bare)
  const hint =
    other === undefined
      ? suggestion(bare, PLAIN_TYPES.keys())
      : ` (did you mean ${other.replaceAll(/ or |$/g, `${suffix}$&`)}?)`
  const known = `${COLUMN_TYPE_NAMES.join(', ')}, and arrays of them such as text[]`
  return { problem: `is not a column type${hint}; there are ${known}` }
}

function parseNumeric(precision: number, scale: number): Parsed<ScalarType> {
  if (precision < 1 || precision > MAX_PRECISION) {
    return { problem: `numeric has 1 to ${MAX_PRECISION} digits, not ${precision}` }
  }
  if (scale > precision) {
    return { problem: `numeric(${precision}, ${scale}) has more decimals than digits` }
  }
  return { value: { kind: 'numeric', precision, scale } }
}
