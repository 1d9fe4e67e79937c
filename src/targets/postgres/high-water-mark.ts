import type { PublishRequest, TargetRequest } from '../../../activities/load-target.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { columnTypeSql } from './column-type-sql.ts'
import type { Session } from './sessions.ts'
import { displayTable, quoteColumn } from './sql-name.ts'
import { stagingTable } from './staging-table.ts'

/** How far the pipeline's last load into the table came; undefined before the first. */
export async function readHighWaterMark(
  session: Session,
  { pipeline, target }: Pick<TargetRequest, 'target'> & { readonly pipeline: string },
): Promise<string | undefined> {
  const { rows } = await session.query<{ mark: string }>(
    'SELECT mark FROM claimcheck.high_water_marks WHERE pipeline = $1 AND target = $2',
    [pipeline, displayTable(target)],
  )
  return rows[0]?.mark
}

/**
 * Moves the mark to the greatest value of the staged rows, in the session's transaction. It never goes
 * back: partitions may be loaded again, and in any order. `infinity`, after which nothing could come,
 * does not count; texts are compared byte by byte.
 */
export async function moveHighWaterMark(session: Session, request: PublishRequest): Promise<void> {
  const { datasetId, pipeline, target, columns, markColumn } = request
  const column = columns.find(({ name }) => name === markColumn)
  if (column === undefined) return
  const name = quoteColumn(column.name)
  const type = columnTypeSql(column.type)
  const order = column.type.kind === 'text' ? ' COLLATE "C"' : ''
  const finite = isDateOrTime(column) ? ` WHERE isfinite(${name})` : ''
  await session.query(
    `INSERT INTO claimcheck.high_water_marks AS m (pipeline, target, mark, dataset_id)
     SELECT $1, $2, to_json(max(${name}${order})) #>> '{}', $3
       FROM ${stagingTable(datasetId)}${finite} HAVING max(${name}${order}) IS NOT NULL
     ON CONFLICT (pipeline, target) DO UPDATE SET mark = excluded.mark, dataset_id = excluded.dataset_id
      WHERE excluded.mark::${type}${order} > m.mark::${type}`,
    [pipeline, displayTable(target), datasetId],
  )
}

function isDateOrTime({ type }: ColumnDefinition): boolean {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamptz'
}
