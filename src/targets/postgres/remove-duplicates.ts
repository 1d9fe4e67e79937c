import { duplicateStatements } from './duplicate-statements.ts'
import { expectRows, rowsLost } from './expect-rows.ts'
import type { LoadTables } from './load-tables.ts'
import type { Session } from './sessions.ts'

/**
 * Leaves one row of each key in staging, and says how many rows are left. Without a key all are.
 *
 * @throws PipelineError ROWS_LOST when staging does not hold the rows that it is known to hold.
 */
export async function removeDuplicates(
  session: Session,
  tables: LoadTables,
  rowsStaged: number,
): Promise<number> {
  const statements = duplicateStatements(tables)
  if (!tables.columns.some(({ key }) => key)) return rowsStaged
  const counted = await session.query<{ rows: string; keys: string }>(statements.countKeys)
  const rows = Number(counted.rows[0]?.rows)
  if (rows !== rowsStaged) throw rowsLost('staging', rowsStaged, rows)
  const keys = Number(counted.rows[0]?.keys)
  if (keys !== rows) await expectRows(session, 'staging', statements.deleteDuplicates, rows - keys)
  return keys
}
