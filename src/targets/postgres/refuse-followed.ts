import { PipelineError } from '../../../activities/pipeline-error.ts'
import { compareRows } from './compare-rows.ts'
import type { LoadTables } from './load-tables.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { displayTable, quoteColumn } from './sql-name.ts'

/**
 * Refuses a load whose rows have gone, or lost what they refer to, together with rows that it has taken
 * away: where rows of a table refer to others of it, `ON DELETE CASCADE` and `SET NULL` say so of rows
 * that the dataset has. Looks only where foreign keys of the table lead in such a circle.
 *
 * @throws PipelineError TARGET_MISMATCH
 */
export async function refuseFollowed(
  session: Session,
  { target: definition }: Pick<PublishRequest, 'target'>,
  tables: LoadTables,
): Promise<void> {
  const { target, staging, columns, followedColumns = [] } = tables
  if (followedColumns.length === 0) return
  const { sameKey, isNewer } = compareRows(tables)
  const pairs = columns
    .filter(({ name, key }) => !key && followedColumns.includes(name))
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
    `${count} rows refer to rows that are not in the dataset, and a foreign key would delete or change them together with those; nothing was loaded`,
    {
      at: { table: displayTable(definition) },
      remedy:
        'Make the source send what its rows refer to, or take ON DELETE CASCADE or SET NULL from the foreign key.',
    },
  )
}
