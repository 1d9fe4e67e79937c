import type { PipelineError } from '../../../activities/pipeline-error.ts'
import { tableMismatch } from './find-table.ts'
import type { TargetRequest } from './postgres-requests.ts'
import { quoteTable } from './sql-name.ts'
import { alterClause, isEvolvable, type TableDifference } from './table-difference.ts'

/**
 * The error for a table that the columns do not fit: every difference, and what would resolve it,
 * as SQL where there is any.
 *
 * @param rule Whether the load could have altered the table.
 */
export function differencesError(
  request: Pick<TargetRequest, 'target'>,
  differences: readonly TableDifference[],
  rule: 'keep the table' | 'evolve the table',
): PipelineError {
  const problem = differences.map(({ sentence }) => sentence).join('; ')
  return tableMismatch(request, problem, remedyFor(request, differences, rule))
}

function remedyFor(
  request: Pick<TargetRequest, 'target'>,
  differences: readonly TableDifference[],
  rule: 'keep the table' | 'evolve the table',
): string {
  const sql = alterTableSql(request.target, differences)
  if (sql === undefined) return 'Change the declared columns or the table so that they agree.'
  if (
    rule === 'keep the table' &&
    differences.every((difference) => isEvolvable(difference, 'perhaps'))
  ) {
    return `Write \`schema: evolve\` into the pipeline file, or run ${sql};`
  }
  if (differences.every(isAltered)) return `Run ${sql};`
  return `Change the declared columns or the table so that they agree; a part of it is ${sql};`
}

/** Whether the statement alone resolves it. */
function isAltered(difference: TableDifference): boolean {
  if (difference.kind === 'narrower-type' && difference.fixed) return false
  return alterClause(difference) !== undefined
}

/** One `ALTER TABLE` for all differences that one can resolve, or nothing where it resolves none. */
export function alterTableSql(
  table: { readonly schema: string; readonly table: string },
  differences: readonly TableDifference[],
): string | undefined {
  const clauses = differences.flatMap((difference) => alterClause(difference) ?? [])
  return clauses.length === 0 ? undefined : `ALTER TABLE ${quoteTable(table)} ${clauses.join(', ')}`
}
