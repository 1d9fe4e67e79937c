import { PipelineError } from '../../../activities/pipeline-error.ts'
import { compareRows } from './compare-rows.ts'
import type { LoadTables } from './load-tables.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { displayTable, quoteColumn } from './sql-name.ts'
import type { WrittenRows } from './written-rows.ts'

/**
 * Refuses a load whose rows have gone, or refer to something else, together with rows that it has taken
 * away or changed: where rows of a table refer to others of it, `CASCADE` and `SET NULL` say so of rows
 * that the dataset has. Looks only where foreign keys of the table lead in such a circle.
 *
 * @throws PipelineError TARGET_MISMATCH
 */
export async function refuseFollowed(
  session: Session,
  { target: definition }: Pick<PublishRequest, 'target'>,
  tables: LoadTables,
  written: WrittenRows,
): Promise<void> {
  const { target, staging, columns, followed } = tables
  if (followed === undefined || followed.columns.length === 0) return
  const { onDelete, onUpdate } = followed
  if (!(onDelete && written.deleted > 0) && !(onUpdate && written.updated > 0)) return
  const { sameKey, isNewer } = compareRows(tables)
  const pairs = columns
    .filter(({ name, key }) => !key && followed.columns.includes(name))
    .map(({ name }) => `s.${quoteColumn(name)} IS NOT DISTINCT FROM t.${quoteColumn(name)}`)
  const refersAsStaged =
    pairs.length === 0 ? 'true' : `(${pairs.join(' AND ')} OR ${isNewer('t', 's')})`
  const { rows } = await session.query<{ count: string }>(
    `SELECT count(*)::text AS count FROM ${staging} s
      WHERE NOT EXISTS (SELECT FROM ${target} t WHERE ${sameKey('s', 't')} AND ${refersAsStaged})`,
  )
  const { count = '0' } = rows[0] ?? {}
  if (count === '0') return
  throw new PipelineError(
    'TARGET_MISMATCH',
    `${count} rows would not be as the dataset has them: a foreign key deletes or changes them together with rows that they referred to; nothing was loaded`,
    {
      at: { table: displayTable(definition) },
      remedy:
        'Make the source send what its rows refer to, or take CASCADE or SET NULL from the foreign key.',
    },
  )
}
