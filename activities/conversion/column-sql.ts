import type { ColumnDefinition, ColumnType } from '../pipeline-definition.ts'
import { evolvedRules } from './evolved-rules.ts'
import { arrayCastSql, arrayOfJsonSql, arrayRules } from './array-sql.ts'
import { scalarCastSql, scalarDuckDbType, scalarRules, type RejectRule } from './scalar-sql.ts'
import { identifier, literal } from './sql-text.ts'

/** A column whose text may be the JSON of a member, where its type makes a difference of that. */
export interface ReadColumn extends ColumnDefinition {
  /** @default false */
  readonly isJsonText?: boolean
  /** Whether the type was chosen for the values that were there before: others are not made to fit. @default false */
  readonly isEvolved?: boolean
}

/** The DuckDB type that a declared type is kept in, in Parquet and on the way to the table. */
export function duckDbType(type: ColumnType): string {
  return type.kind === 'array' ? `${scalarDuckDbType(type.element)}[]` : scalarDuckDbType(type)
}

/** The column's text in the relation `source`; qualified, since our own names must not hide it. */
function textSql(column: ReadColumn): string {
  const written = `source.${identifier(column.from)}`
  const isJsonArray = column.type.kind === 'array' && column.isJsonText === true
  const text = isJsonArray ? arrayOfJsonSql(written) : written
  if (column.default === undefined) return isJsonArray ? `(${text})` : text
  return `coalesce(${text}, ${literal(column.default)})`
}

/** The source's text as the declared type; NULL where it is not one. */
export function castSql(column: ReadColumn): string {
  const { type } = column
  const text = textSql(column)
  return type.kind === 'array' ? arrayCastSql(type.element, text) : scalarCastSql(type, text)
}

/** When a row cannot be loaded for what stands in this column. */
function rejectRules(column: ReadColumn, cast: string): RejectRule[] {
  const { type, key } = column
  const text = textSql(column)
  return [
    ...(key ? [{ condition: `${text} IS NULL`, reason: 'the key is missing' }] : []),
    ...(type.kind === 'array'
      ? arrayRules(type.element, text, cast)
      : scalarRules(type, text, cast, 'value')),
    ...(column.isEvolved === true ? evolvedRules(type, text, cast) : []),
  ]
}

/**
 * A SQL expression for the first rule that a row breaks, as `column: reason`; NULL for a good row. The
 * relation `source` has what `castSql` makes of the columns as `c0`, `c1` and so on: once made, for
 * what is written twice DuckDB may work out twice.
 */
export function rejectReasonSql(columns: readonly ReadColumn[]): string {
  const cases = columns.flatMap((column, index) =>
    rejectRules(column, `source.c${index}`).map(
      ({ condition, reason }) => `WHEN ${condition} THEN ${literal(`${column.name}: ${reason}`)}`,
    ),
  )
  return `CASE ${cases.join(' ')} ELSE NULL END`
}
