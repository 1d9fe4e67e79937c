import type { ColumnDefinition, ColumnType } from '../pipeline-definition.ts'
import { identifier, literal } from './sql-text.ts'
import {
  base64Pattern,
  datePattern,
  datePatternBc,
  exponentPattern,
  hexPattern,
  integerPattern,
  jsonNulPattern,
  jsonStringPattern,
  jsonTokensPattern,
  jsonWideNumberPattern,
  timePattern,
  uuidPattern,
} from './type-patterns.ts'

/** The DuckDB type that a declared type is kept in, in Parquet and on the way to the table. */
export function duckDbType(type: ColumnType): string {
  switch (type.kind) {
    case 'numeric':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'text':
    // DuckDB's JSON is text with a check that is not PostgreSQL's.
    case 'json':
    case 'jsonb':
      return 'VARCHAR'
    case 'bytea':
      return 'BLOB'
    default:
      return type.kind.toUpperCase()
  }
}

/** The column's text in the relation `source`; qualified, since our own names must not hide it. */
function textSql(column: ColumnDefinition): string {
  const text = `source.${identifier(column.from)}`
  return column.default === undefined ? text : `coalesce(${text}, ${literal(column.default)})`
}

function matches(text: string, pattern: string): string {
  return `regexp_full_match(${text}, ${literal(pattern)})`
}

/** The source's text as the declared type; NULL where it is not one. */
export function castSql(column: ColumnDefinition): string {
  const text = textSql(column)
  const type = duckDbType(column.type)
  switch (column.type.kind) {
    case 'text':
    case 'json':
    case 'jsonb':
      return text
    case 'bytea':
      return `CASE WHEN ${matches(text, hexPattern)} THEN unhex(substr(${text}, 3))
        WHEN ${matches(text, base64Pattern)} THEN from_base64(${text}) END`
    case 'date':
    case 'timestamp':
    case 'timestamptz': {
      // DuckDB wants the era behind the day, and reads over one that stands elsewhere.
      const moved = `regexp_replace(${text}, '^([^ T]*)(.*) BC', '\\1 (BC)\\2')`
      // TRY_CAST itself throws for a time with a zone that is too late.
      return `CASE WHEN ${matches(text, datePattern)} THEN TRY(CAST(${text} AS ${type}))
        WHEN ${matches(text, datePatternBc)} THEN TRY(CAST(${moved} AS ${type})) END`
    }
    case 'time':
      return `CASE WHEN ${matches(text, timePattern)} THEN TRY_CAST(${text} AS ${type}) END`
    case 'numeric':
      // DuckDB drops digits of a fraction that an exponent would move before the point.
      return `CASE WHEN contains(${text}, 'e') OR contains(${text}, 'E') THEN TRY_CAST(${withoutExponentSql(text)} AS ${type}) ELSE TRY_CAST(${text} AS ${type}) END`
    case 'uuid':
      return `CASE WHEN ${matches(text, uuidPattern)} THEN TRY_CAST(${text} AS ${type}) END`
    default:
      return `TRY_CAST(${text} AS ${type})`
  }
}

/** The same number with its point moved; NULL where it is none, or has an exponent beyond 999. */
function withoutExponentSql(text: string): string {
  const parts = `regexp_extract(${text}, ${literal(exponentPattern)}, ['sign', 'whole', 'fraction', 'exponent'])`
  const digits = '(p.whole || p.fraction)'
  const point = '(len(p.whole) + TRY_CAST(p.exponent AS INTEGER))'
  return `list_transform([${parts}], lambda p: p.sign || CASE
    WHEN ${digits} = '' THEN NULL
    WHEN ${point} <= 0 THEN '0.' || repeat('0', -${point}) || ${digits}
    WHEN ${point} >= len(${digits}) THEN ${digits} || repeat('0', ${point} - len(${digits}))
    ELSE left(${digits}, ${point}) || '.' || substr(${digits}, ${point} + 1) END)[1]`
}

/** Where DuckDB holds more than PostgreSQL does: when a cast value is out of range. */
function isBeyondPostgres(kind: 'date' | 'timestamp' | 'timestamptz', cast: string): string {
  const type = kind.toUpperCase()
  const early = `${cast} < ${type} '4714-11-24 (BC)'`
  const late = kind === 'date' ? ` OR ${cast} > DATE '5874897-12-31'` : ''
  return `((${early}${late}) AND isfinite(${cast}))`
}

/** When a row cannot be loaded for what stands in this column, and why, in words. */
function rejectRules(
  column: ColumnDefinition,
  cast: string,
): { condition: string; reason: string }[] {
  const text = textSql(column)
  const { kind } = column.type
  const rules: { condition: string; reason: string }[] = []
  if (column.key) {
    rules.push({ condition: `${text} IS NULL`, reason: 'the key is missing' })
  }
  const notOfType = (condition: string) =>
    rules.push({
      condition: `${text} IS NOT NULL AND (${condition})`,
      reason: `the value is not of type ${kind}`,
    })
  switch (kind) {
    case 'text':
      // PostgreSQL's text has no NUL.
      rules.push({
        condition: `contains(${text}, chr(0))`,
        reason: 'the text holds a NUL character',
      })
      break
    case 'smallint':
    case 'integer':
    case 'bigint':
      // DuckDB would round 3.7 to 4. Most integers print as they were written, which is cheaper to
      // see than a pattern is to match.
      notOfType(
        `${cast} IS NULL OR (${cast}::VARCHAR <> ${text} AND NOT ${matches(text, integerPattern)})`,
      )
      break
    case 'double':
      // 1e400 would become infinity, 1e-400 zero, and 1_0 ten.
      notOfType(
        `${cast} IS NULL OR (isinf(${cast}) AND NOT contains(lower(${text}), 'inf')) OR (${cast} = 0 AND regexp_matches(${text}, '^[^eE]*[1-9]')) OR contains(${text}, '_')`,
      )
      break
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      notOfType(`${cast} IS NULL OR ${isBeyondPostgres(kind, cast)}`)
      break
    case 'json':
    case 'jsonb':
      // DuckDB takes NaN and a comma too many for JSON.
      notOfType(`NOT ${matches(text, jsonTokensPattern)} OR NOT json_valid(${text})`)
      break
    default:
      notOfType(`${cast} IS NULL`)
  }
  if (kind === 'jsonb') {
    rules.push({
      condition: `regexp_matches(${text}, ${literal(jsonNulPattern)})`,
      reason: 'a text in the JSON holds a NUL character',
    })
    const bare = `regexp_replace(${text}, ${literal(jsonStringPattern)}, '', 'g')`
    rules.push({
      condition: `regexp_matches(${bare}, ${literal(jsonWideNumberPattern)})`,
      reason: 'a number in the JSON is too long',
    })
  }
  return rules
}

/**
 * A SQL expression for the first rule that a row breaks, as `column: reason`; NULL for a good row. The
 * relation `source` has what `castSql` makes of the columns as `c0`, `c1` and so on: once made, for
 * what is written twice DuckDB may work out twice.
 */
export function rejectReasonSql(columns: readonly ColumnDefinition[]): string {
  const cases = columns.flatMap((column, index) =>
    rejectRules(column, `source.c${index}`).map(
      ({ condition, reason }) => `WHEN ${condition} THEN ${literal(`${column.name}: ${reason}`)}`,
    ),
  )
  return `CASE ${cases.join(' ')} ELSE NULL END`
}
