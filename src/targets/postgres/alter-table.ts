import { PipelineError } from '../../../activities/pipeline-error.ts'
import { alterTableSql } from './differences-error.ts'
import { tableMismatch } from './find-table.ts'
import type { TargetRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import type { TableDifference } from './table-difference.ts'

const REFUSED: ReadonlySet<PipelineError['code']> = new Set(['TARGET_MISMATCH', 'TARGET_FAILED'])

/**
 * Resolves the differences by one statement, in the session's transaction.
 *
 * @param table The one to be altered, which is the target or a copy of it.
 * @throws PipelineError TARGET_MISMATCH where something of the table, or a value, does not take the
 * new type.
 */
export async function alterTable(
  session: Session,
  request: Pick<TargetRequest, 'target'>,
  differences: readonly TableDifference[],
  table: { readonly schema: string; readonly table: string } = request.target,
): Promise<void> {
  const statement = alterTableSql(table, differences)
  if (statement === undefined) return
  try {
    await session.query(statement)
  } catch (error) {
    const isRefused = error instanceof PipelineError && REFUSED.has(error.code)
    if (!isRefused || error.retryable) throw error
    const sentences = differences.map(({ sentence }) => sentence).join('; ')
    throw tableMismatch(
      request,
      `${sentences}; PostgreSQL does not alter the table so: ${error.message}`,
      'Change the declared columns, or what of the table keeps the type: a default, a check, an index, a value.',
    )
  }
}
