import { castSql, rejectReasonSql } from '../conversion/column-sql.ts'
import { identifier, literal } from '../conversion/sql-text.ts'
import type { CheckDefinition, ColumnDefinition } from '../pipeline-definition.ts'

export interface CheckSql {
  /** What the check is called in messages. */
  readonly name: string
  /** A SELECT of one number over `dataset`: how many rows break the check. */
  readonly sql: string
}

/**
 * The SQL that counts what breaks a check.
 *
 * @param view What the SELECT of a `sql` check is known as
 */
export function checkSql(
  check: Exclude<CheckDefinition, { kind: 'row_count' }>,
  columns: readonly ColumnDefinition[],
  view: string,
): CheckSql {
  switch (check.kind) {
    case 'not_null': {
      const isNull = check.columns.map((name) => `${identifier(name)} IS NULL`)
      return { name: checkName(check), sql: counting(isNull.join(' OR ')) }
    }
    case 'unique': {
      const names = check.columns.map(identifier)
      // As in a unique constraint of PostgreSQL: a NULL is like no other.
      const isWhole = names.map((name) => `${name} IS NOT NULL`).join(' AND ')
      const hash = `hash(${names.join(', ')})`
      // Hashes of all rows need little memory; only rows of the same hash are compared as they are.
      return {
        name: checkName(check),
        sql: `WITH suspects AS MATERIALIZED (
            SELECT ${hash} AS suspect FROM dataset WHERE ${isWhole} GROUP BY ALL HAVING count(*) > 1)
          SELECT coalesce(sum(twins), 0) FROM (SELECT count(*) AS twins FROM dataset
          WHERE ${isWhole} AND ${hash} IN (FROM suspects)
          GROUP BY ${names.join(', ')} HAVING count(*) > 1)`,
      }
    }
    case 'range': {
      const column = columns.find(({ name }) => name === check.column)
      const value = identifier(check.column)
      const outside = [
        ...boundSql(column, check.min).map((bound) => `${value} < ${bound}`),
        ...boundSql(column, check.max).map((bound) => `${value} > ${bound}`),
      ]
      return { name: checkName(check), sql: counting(outside.join(' OR ')) }
    }
    case 'sql':
      return { name: checkName(check), sql: `SELECT count(*) FROM ${identifier(view)}` }
  }
}

/** A bound as the column's type reads it; none without one. */
export function boundSql(
  column: ColumnDefinition | undefined,
  bound: string | undefined,
): readonly string[] {
  if (column === undefined || bound === undefined) return []
  const read = boundColumn(column)
  return [`(SELECT ${castSql(read)} FROM (SELECT ${literal(bound)} AS bound) AS source)`]
}

/** SQL that is NULL for a text that is of the column's type. */
export function boundProblemSql(column: ColumnDefinition, bound: string): string {
  const read = boundColumn(column)
  const source = `(SELECT ${literal(bound)} AS bound) AS source`
  return `(SELECT ${rejectReasonSql([read])}
    FROM (SELECT source.*, ${castSql(read)} AS c0 FROM ${source}) AS source)`
}

/** The column, read from a bound, which no default stands for. */
function boundColumn(column: ColumnDefinition): ColumnDefinition {
  return { ...column, from: 'bound', default: undefined }
}

export function checkName(check: CheckDefinition): string {
  switch (check.kind) {
    case 'not_null':
    case 'unique':
      return `${check.kind} ${check.columns.join(', ')}`
    case 'range':
      return `range of ${check.column}`
    case 'row_count':
      return 'row_count'
    case 'sql':
      return check.name
  }
}

function counting(condition: string): string {
  return `SELECT count(*) FROM dataset WHERE ${condition}`
}
