import { commentStatements } from './column-comments.ts'
import { compareColumns } from './compare-columns.ts'
import { alterTableSql, differencesError } from './differences-error.ts'
import { findTable, notWritable } from './find-table.ts'
import type { LoadRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { quoteTable } from './sql-name.ts'
import { isEvolvable, type TableDifference } from './table-difference.ts'

/** What is to be done to a table before the columns of a load fit. */
export interface Evolution {
  /** Each is resolved by altering the table; empty where the columns fit. */
  readonly differences: readonly TableDifference[]
  /** Statements for the comments that are not as the contract has them. */
  readonly comments: readonly string[]
}

/**
 * Finds how the target table can be made to fit. Only reads. A table that is not there needs
 * nothing: the load makes it. An empty one is also given a key. Comments are left to the owner of a table.
 *
 * @throws PipelineError TARGET_MISMATCH where no evolution makes it fit, TARGET_NOT_WRITABLE
 */
export async function planEvolution(
  session: Session,
  request: Pick<LoadRequest, 'target' | 'columns' | 'description'>,
): Promise<Evolution> {
  const table = await findTable(session, request)
  if (table === undefined) return { differences: [], comments: [] }
  const differences = compareColumns(request, table)
  const evolves = (rows: 'perhaps' | 'none') =>
    differences.every((difference) => isEvolvable(difference, rows))
  if (!evolves('perhaps') && !(evolves('none') && (await isEmpty(session, request)))) {
    throw differencesError(request, differences, 'evolve the table')
  }
  const alterTable = alterTableSql(request.target, differences)
  if (alterTable !== undefined && !table.owned) {
    const problem = `Only its owner may alter the table, and ${differences.map(({ sentence }) => sentence).join('; ')}`
    const remedy = `Let the owner run ${alterTable}; or make the role a member of the owner.`
    throw notWritable(request, problem, remedy)
  }
  return { differences, comments: table.owned ? commentStatements(request, table) : [] }
}

async function isEmpty(
  session: Session,
  { target }: Pick<LoadRequest, 'target'>,
): Promise<boolean> {
  const { rows } = await session.query<{ empty: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM ${quoteTable(target)}) AS empty`,
  )
  return rows[0]?.empty === true
}
