import { compareRows } from './compare-rows.ts'
import { tableMismatch } from './find-table.ts'
import type { LoadTables } from './load-tables.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { POSITION_COLUMN } from './sql-name.ts'

/**
 * Refuses a load of keys that more than one row of the table has. A unique index sees to that there is
 * none, but for the rows of tables that inherit from it: looks only where there are such.
 *
 * @param rows Which rows of the table are meant, as a condition; `t` is its alias in it.
 * @throws PipelineError TARGET_MISMATCH
 */
export async function refuseRepeatedKeys(
  session: Session,
  request: Pick<PublishRequest, 'target'>,
  tables: LoadTables,
  rows = 'true',
): Promise<void> {
  const { target, staging, inheritors = [] } = tables
  if (inheritors.length === 0) return
  const { sameKey } = compareRows(tables)
  const found = await session.query<{ count: string }>(
    `SELECT count(*)::text AS count
       FROM (SELECT FROM ${staging} s JOIN ${target} t ON ${sameKey('s', 't')} AND ${rows}
              GROUP BY s.${POSITION_COLUMN} HAVING count(*) > 1) k`,
  )
  const { count = '0' } = found.rows[0] ?? {}
  if (count === '0') return
  throw tableMismatch(
    request,
    `${count} keys of the dataset are those of several rows, since ${inheritors.join(', ')} may repeat keys of the table that they inherit from; nothing was loaded`,
    'Take away the rows that repeat a key, or load a table from which none inherits; one that is partitioned has its keys once.',
  )
}
