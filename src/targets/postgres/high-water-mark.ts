import type { MarkRequest, PublishRequest } from './postgres-requests.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { columnTypeSql } from './column-type-sql.ts'
import type { Session } from './sessions.ts'
import { displayTable, quoteColumn } from './sql-name.ts'
import { stagingTable } from './staging-table.ts'

/**
 * How far the pipeline's loads into the table came; undefined before the first.
 *
 * @throws PipelineError TARGET_MISMATCH for a mark that the column's type, as it is now, does not read
 */
export async function readHighWaterMark(
  session: Session,
  { pipeline, target, columns, markColumn }: Omit<MarkRequest, 'signal'>,
): Promise<string | undefined> {
  const column = columns.find(({ name }) => name === markColumn)
  if (column === undefined) return undefined
  try {
    const { rows } = await session.query<{ mark: string }>(
      `SELECT to_json(mark::${columnTypeSql(column.type)}) #>> '{}' AS mark
         FROM claimcheck.high_water_marks WHERE pipeline = $1 AND target = $2 AND column_name = $3`,
      [pipeline, displayTable(target), markColumn],
    )
    return rows[0]?.mark
  } catch (error) {
    if (!isRefusedValue(error)) throw error
    throw new PipelineError(
      'TARGET_MISMATCH',
      `The high-water mark of column ${JSON.stringify(markColumn)} is not of its type, ${column.type.kind}`,
      {
        at: { table: displayTable(target), pipeline },
        remedy:
          'The column was of another type: write its mark in claimcheck.high_water_marks anew, or delete that row to begin with `incremental.initial`.',
      },
    )
  }
}

/** Class 22 of PostgreSQL's errors: data exceptions. */
function isRefusedValue(error: unknown): boolean {
  return error instanceof PipelineError && String(error.at['sqlState']).startsWith('22')
}

/**
 * Moves the mark to the greatest value of the staged rows, in the session's transaction. It never goes
 * back: partitions may be loaded again, and in any order. `infinity`, after which nothing could come,
 * does not count; texts are compared byte by byte.
 *
 * @throws PipelineError INTERVAL_LOADED where rows are to be added that another load, which has moved the
 * mark meanwhile, may have brought: both were told the same one
 */
export async function moveHighWaterMark(session: Session, request: PublishRequest): Promise<void> {
  const { datasetId, pipeline, target, columns, markColumn } = request
  const column = columns.find(({ name }) => name === markColumn)
  if (column === undefined) return
  // Not one that another load has left since this one began, and that is of another type.
  const mark = await readHighWaterMark(session, { ...request, markColumn: column.name })
  const adds = target.mode === 'append' && request.parts.some(({ rowCount }) => rowCount > 0)
  if (adds && mark !== undefined && mark !== request.highWaterMark) throw movedMark(request)
  const name = quoteColumn(column.name)
  const type = columnTypeSql(column.type)
  const order = column.type.kind === 'text' ? ' COLLATE "C"' : ''
  const finite = isDateOrTime(column) ? ` WHERE isfinite(${name})` : ''
  await session.query(
    `INSERT INTO claimcheck.high_water_marks AS m (pipeline, target, column_name, mark, dataset_id)
     SELECT $1, $2, $3, to_json(max(${name}${order})) #>> '{}', $4
       FROM ${stagingTable(datasetId)}${finite} HAVING max(${name}${order}) IS NOT NULL
     ON CONFLICT (pipeline, target, column_name) DO UPDATE SET mark = excluded.mark, dataset_id = excluded.dataset_id
      WHERE excluded.mark::${type}${order} > m.mark::${type}`,
    [pipeline, displayTable(target), column.name, datasetId],
  )
}

function movedMark({ target, pipeline, partition }: PublishRequest): PipelineError {
  return new PipelineError(
    'INTERVAL_LOADED',
    `Another load has moved the high-water mark since this one was told it, and ${partition} would add the same rows again`,
    {
      at: { table: displayTable(target), pipeline },
      remedy: 'Run the partition again: it asks for what has come since.',
    },
  )
}

function isDateOrTime({ type }: ColumnDefinition): boolean {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamptz'
}
