import { compareRows } from './compare-rows.ts'
import { sliceCondition } from './interval-rules.ts'
import type { LoadTables } from './load-tables.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { refuseEmptying } from './refuse-emptying.ts'
import type { Session } from './sessions.ts'
import { writeSteps } from './write-steps.ts'
import type { WrittenRows } from './written-rows.ts'

/**
 * Puts the staged rows into the place of all rows of the table, or of those of the slice, where there is
 * no key by which single rows could be told apart. Nothing is written where both are the same rows.
 *
 * @throws PipelineError TARGET_WOULD_BE_EMPTIED, TARGET_MISMATCH, ROWS_LOST
 */
export async function swapRows(
  session: Session,
  request: PublishRequest,
  tables: LoadTables,
  insertAll: string,
  stagedRows: number,
): Promise<WrittenRows> {
  const { target, staging } = tables
  const goes = request.target.mode === 'replace-interval' ? sliceCondition(request, 't') : 'true'
  const { rows } = await session.query<{ count: string }>(
    `SELECT count(*)::text AS count FROM ${target} t WHERE ${goes}`,
  )
  const deleted = Number(rows[0]?.count)
  refuseEmptying(request, stagedRows, deleted)
  if (deleted === stagedRows) {
    const { identities } = compareRows(tables)
    const compared = await session.query<{ same: boolean }>(
      `SELECT NOT EXISTS (
         SELECT ${identities('s').join(', ')} FROM ${staging} s
         EXCEPT ALL SELECT ${identities('t').join(', ')} FROM ${target} t WHERE ${goes}) AS same`,
    )
    if (compared.rows[0]?.same === true) return { inserted: 0, updated: 0, deleted: 0 }
  }
  await writeSteps(session, request, [
    { statement: `DELETE FROM ${target} t WHERE ${goes}`, rows: deleted },
    { statement: insertAll, rows: stagedRows },
  ])
  return { inserted: stagedRows, updated: 0, deleted }
}
