import type { DuckDBConnection } from '@duckdb/node-api'
import { bindSql } from '../conversion/bind-sql.ts'
import type { DuckDb } from '../conversion/duck-db.ts'
import { queryTexts } from '../conversion/query-texts.ts'
import {
  isJsonType,
  unorderedKinds,
  type CheckDefinition,
  type ColumnDefinition,
} from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import { boundProblemSql, boundSql, checkName } from './check-sql.ts'

/**
 * Looks whether checks can be made of a dataset of these columns, before there is one.
 *
 * @throws PipelineError CHECK_INVALID that lists all that is wrong with them
 */
export async function prepareChecks(
  duckDb: DuckDb,
  columns: readonly ColumnDefinition[],
  checks: readonly CheckDefinition[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (checks === undefined) return
  const problems: string[] = []
  await duckDb.withoutFiles(signal, async (connection) => {
    for (const check of checks) {
      const problem =
        columnsProblem(check, columns) ?? (await sqlProblem(connection, check, columns))
      if (problem !== undefined) problems.push(`${checkName(check)}: ${problem}`)
    }
  })
  if (problems.length === 0) return
  throw new PipelineError('CHECK_INVALID', `checks cannot be made: ${problems.join('; ')}`, {
    remedy:
      'Correct `checks` in the pipeline file; they are of the columns that a transform makes.',
  })
}

function columnsProblem(
  check: CheckDefinition,
  columns: readonly ColumnDefinition[],
): string | undefined {
  if (check.kind === 'row_count' || check.kind === 'sql') return undefined
  const names = check.kind === 'range' ? [check.column] : check.columns
  for (const name of names) {
    const type = columns.find((column) => column.name === name)?.type
    if (type === undefined) return `there is no column ${name}`
    const isRefused =
      (check.kind === 'unique' && isJsonType(type)) ||
      (check.kind === 'range' && unorderedKinds.has(type.kind))
    if (isRefused) return `${name} is of type ${type.kind}, which is not compared`
  }
  return undefined
}

async function sqlProblem(
  connection: DuckDBConnection,
  check: CheckDefinition,
  columns: readonly ColumnDefinition[],
): Promise<string | undefined> {
  if (check.kind === 'sql') {
    const bound = await bindSql(connection, check.sql, 'dataset', columns)
    return 'problem' in bound ? bound.problem : undefined
  }
  if (check.kind !== 'range') return undefined
  const column = columns.find(({ name }) => name === check.column)
  if (column === undefined) return undefined
  for (const end of ['min', 'max'] as const) {
    const bound = check[end]
    if (bound === undefined) continue
    const reader = await connection.runAndReadAll(`SELECT ${boundProblemSql(column, bound)}`)
    if (reader.getRowsJson()[0]?.[0] !== null)
      return `its ${end} is not of type ${column.type.kind}`
  }
  const [min] = boundSql(column, check.min)
  const [max] = boundSql(column, check.max)
  if (min === undefined && max === undefined) return 'it has neither min nor max'
  if (min === undefined || max === undefined) return undefined
  const [row] = await queryTexts(connection, `SELECT ${min} > ${max}`)
  return row?.[0] === 'true' ? 'its min is greater than its max' : undefined
}
