import { compareColumns } from './compare-columns.ts'
import { differencesError } from './differences-error.ts'
import { findTable } from './find-table.ts'
import type { InspectedTable } from './inspect-table.ts'
import type { TargetRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'

/**
 * Finds the target table, and that the columns fit as they are now; undefined where there is none yet
 * and it can be made. Only reads.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_NOT_WRITABLE
 */
export async function resolveTarget(
  session: Session,
  request: Pick<TargetRequest, 'target' | 'columns'>,
): Promise<InspectedTable | undefined> {
  const table = await findTable(session, request)
  if (table === undefined) return undefined
  const differences = compareColumns(request, table)
  if (differences.length > 0) throw differencesError(request, differences, 'keep the table')
  return table
}
