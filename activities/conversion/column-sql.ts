import type { ColumnDefinition, ColumnType } from '../pipeline-definition.ts'
import { identifier, literal } from './sql-text.ts'

/** The DuckDB type that a declared type is kept in, in Parquet and on the way to the table. */
export function duckDbType(type: ColumnType): string {
  switch (type.kind) {
    case 'numeric':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'text':
      return 'VARCHAR'
    default:
      return type.kind.toUpperCase()
  }
}

/** The column's text in the relation `source`; qualified, since our own names must not hide it. */
function textSql(column: ColumnDefinition): string {
  return `source.${identifier(column.from)}`
}

/** The source's text as the declared type; NULL where it is not one. */
export function castSql(column: ColumnDefinition): string {
  const text = textSql(column)
  if (column.type.kind === 'text') return text
  return `TRY_CAST(${text} AS ${duckDbType(column.type)})`
}

/** A date, with a time of day and an offset perhaps, which PostgreSQL drops too. */
const datePattern = String.raw`\s*(-?infinity|\d{4,}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?( ?\(?BC\)?)?)\s*`

/** When a row cannot be loaded for what stands in this column, and why, in words. */
function rejectRules(column: ColumnDefinition): { condition: string; reason: string }[] {
  const text = textSql(column)
  const rules: { condition: string; reason: string }[] = []
  if (column.key) {
    rules.push({ condition: `${text} IS NULL`, reason: 'the key is missing' })
  }
  switch (column.type.kind) {
    case 'text':
      // PostgreSQL's text has no NUL.
      rules.push({
        condition: `contains(${text}, chr(0))`,
        reason: 'the text holds a NUL character',
      })
      break
    case 'smallint':
    case 'integer':
    case 'bigint': {
      // DuckDB would round 3.7 to 4. Most integers print as they were written, which is cheaper to
      // see than a pattern is to match.
      const cast = castSql(column)
      rules.push({
        condition: `${text} IS NOT NULL AND (${cast} IS NULL OR (${cast}::VARCHAR <> ${text} AND NOT regexp_full_match(${text}, '\\s*[+-]?[0-9]+\\s*')))`,
        reason: `the value is not of type ${column.type.kind}`,
      })
      break
    }
    case 'double': {
      // 1e400 would become infinity.
      const cast = castSql(column)
      rules.push({
        condition: `${text} IS NOT NULL AND (${cast} IS NULL OR (isinf(${cast}) AND NOT contains(lower(${text}), 'inf')))`,
        reason: 'the value is not of type double',
      })
      break
    }
    case 'date':
      // DuckDB takes a date with anything behind it.
      rules.push({
        condition: `${text} IS NOT NULL AND (${castSql(column)} IS NULL OR NOT regexp_full_match(${text}, ${literal(datePattern)}))`,
        reason: 'the value is not of type date',
      })
      break
    default:
      rules.push({
        condition: `${text} IS NOT NULL AND ${castSql(column)} IS NULL`,
        reason: `the value is not of type ${column.type.kind}`,
      })
  }
  return rules
}

/** A SQL expression for the first rule that a row breaks, as `column: reason`; NULL for a good row. */
export function rejectReasonSql(columns: readonly ColumnDefinition[]): string {
  const cases = columns.flatMap((column) =>
    rejectRules(column).map(
      ({ condition, reason }) => `WHEN ${condition} THEN ${literal(`${column.name}: ${reason}`)}`,
    ),
  )
  return `CASE ${cases.join(' ')} ELSE NULL END`
}
