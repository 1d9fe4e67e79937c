import { PipelineError } from '../../../activities/pipeline-error.ts'
import { compareRows } from './compare-rows.ts'
import type { LoadTables } from './load-tables.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { displayTable } from './sql-name.ts'
import { writeSteps } from './write-steps.ts'
import type { WrittenRows } from './written-rows.ts'

/**
 * Adds the staged rows to those of the table.
 *
 * @throws PipelineError TARGET_MISMATCH where keys of them are there already; ROWS_LOST
 */
export async function addRows(
  session: Session,
  request: PublishRequest,
  tables: LoadTables,
  insertSorted: string,
  stagedRows: number,
): Promise<WrittenRows> {
  const { target: definition, columns } = request
  const { target, staging } = tables
  if (columns.some(({ key }) => key)) {
    const { sameKey } = compareRows(tables)
    const { rows } = await session.query<{ known: string }>(
      `SELECT count(*)::text AS known FROM ${staging} s
        WHERE EXISTS (SELECT FROM ${target} t WHERE ${sameKey('s', 't')})`,
    )
    const known = Number(rows[0]?.known)
    if (known > 0) {
      throw new PipelineError(
        'TARGET_MISMATCH',
        `${known} of ${stagedRows} rows have keys that are in the table already; nothing was loaded`,
        {
          at: { table: displayTable(definition) },
          remedy: 'Load them with mode merge, or make the source send new rows only.',
        },
      )
    }
  }
  await writeSteps(session, request, [{ statement: insertSorted, rows: stagedRows }])
  return { inserted: stagedRows, updated: 0, deleted: 0 }
}
