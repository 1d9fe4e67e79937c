import { escapeLiteral } from 'pg'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { namedColumn } from './load-tables.ts'
import type { LoadRequest, PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { displayTable, quoteColumn } from './sql-name.ts'
import { stagingTable } from './staging-table.ts'

/**
 * Refuses a slice whose turn it is not, by the loads that the catalog knows of: one that `append` has
 * added already, one that comes before what is in a `history`, and one that nobody has asked for and
 * whose rows would take the place of those of a later slice.
 *
 * @throws PipelineError INTERVAL_LOADED, INTERVAL_OUT_OF_ORDER
 */
export async function checkLoadedIntervals(session: Session, request: LoadRequest): Promise<void> {
  const { target, interval, datasetId } = request
  const table = displayTable(target)
  // What is loaded by its mark comes in any slice, and brings only what is new.
  if (target.mode === 'append' && request.markColumn === undefined) {
    const { rows } = await session.query<{ partition: string; dataset: string }>(
      `SELECT partition, dataset_id AS dataset FROM claimcheck.loads
        WHERE target = $1 AND pipeline = $2 AND dataset_id <> $3 AND rows_staged > 0
          AND CASE WHEN interval_start IS NULL THEN partition = $4
                   ELSE interval_start < $6::timestamptz AND interval_end > $5::timestamptz END
        ORDER BY published_at DESC LIMIT 1`,
      [table, request.pipeline, datasetId, request.partition, interval.start, interval.end],
    )
    const loaded = rows[0]
    if (loaded === undefined) return
    throw new PipelineError(
      'INTERVAL_LOADED',
      `Rows of ${loaded.partition} are in the table, and ${request.partition} would add them again`,
      {
        at: { table, datasetId: loaded.dataset },
        remedy:
          'Load it with mode replace-interval, or delete the rows and their row in claimcheck.loads.',
      },
    )
  }
  if (target.mode === 'history') {
    const { rows } = await session.query<{ partition: string; dataset: string }>(
      `SELECT partition, dataset_id AS dataset FROM claimcheck.loads
        WHERE target = $1 AND mode = 'history' AND dataset_id <> $2 AND interval_end > $3::timestamptz
        ORDER BY interval_end DESC LIMIT 1`,
      [table, datasetId, interval.end],
    )
    const later = rows[0]
    if (later !== undefined) {
      throw outOfOrder(request, `${later.partition}, which is later, was loaded already`)
    }
  }
  if (request.inOrder === true && replacesLater(target)) {
    const { rows } = await session.query<{ partition: string; dataset: string }>(
      `SELECT partition, dataset_id AS dataset FROM claimcheck.loads
        WHERE target = $1 AND pipeline = $2 AND dataset_id <> $3 AND interval_end > $4::timestamptz
        ORDER BY interval_end DESC LIMIT 1`,
      [table, request.pipeline, datasetId, interval.end],
    )
    const later = rows[0]
    if (later === undefined) return
    throw new PipelineError(
      'INTERVAL_OUT_OF_ORDER',
      `${later.partition} was loaded already, and rows of ${request.partition}, which is earlier, would take the place of its rows`,
      {
        at: { table, datasetId: later.dataset },
        remedy:
          'Where they are wanted nevertheless, load the partition by `claimcheck run`; then load the later ones again.',
      },
    )
  }
}

/** With `order_by` the greater value stays in a merge, in whatever order rows come. */
function replacesLater({ mode, orderBy }: LoadRequest['target']): boolean {
  return mode === 'replace' || (mode === 'merge' && orderBy === undefined)
}

export function outOfOrder(
  { target, partition }: Pick<LoadRequest, 'target' | 'partition'>,
  reason: string,
): PipelineError {
  return new PipelineError(
    'INTERVAL_OUT_OF_ORDER',
    `The history cannot be told of ${partition}: ${reason}`,
    {
      at: { table: displayTable(target) },
      remedy:
        'Load slices in their order; to begin anew, empty the table and delete its rows in claimcheck.loads.',
    },
  )
}

/** Whether a row is of the request's slice, as SQL; `alias` names the row's table. */
export function sliceCondition(
  request: Pick<LoadRequest, 'interval' | 'timezone' | 'columns' | 'target'>,
  alias: string,
): string {
  const column = intervalColumn(request)
  const value = `${alias}.${quoteColumn(column.name)}`
  const { start, end } = bounds(column, request)
  return `${value} >= ${start} AND ${value} < ${end}`
}

/**
 * Refuses staged rows that are not of the request's slice.
 *
 * @throws PipelineError ROWS_OUTSIDE_INTERVAL
 */
export async function refuseRowsOutside(session: Session, request: PublishRequest): Promise<void> {
  const { name } = intervalColumn(request)
  const isInside = sliceCondition(request, 's')
  const { rows } = await session.query<{ outside: string; missing: string }>(
    `SELECT count(*)::text AS outside,
            count(*) FILTER (WHERE s.${quoteColumn(name)} IS NULL)::text AS missing
       FROM ${stagingTable(request.datasetId)} s WHERE (${isInside}) IS NOT TRUE`,
  )
  const { outside = '0', missing = '0' } = rows[0] ?? {}
  if (outside === '0') return
  throw new PipelineError(
    'ROWS_OUTSIDE_INTERVAL',
    `${outside} rows are outside of ${request.partition} by column ${JSON.stringify(name)}, ${missing} of them without a value`,
    {
      at: { table: displayTable(request.target) },
      remedy: 'Make the source filter by the interval, or correct target.interval_column.',
    },
  )
}

function intervalColumn({ target, columns }: Pick<LoadRequest, 'target' | 'columns'>) {
  return namedColumn(columns, target.intervalColumn ?? '', 'interval_column')
}

/**
 * A date is one of the slice's clock, and stands for the moment that it begins with; a timestamp without
 * a zone is of UTC.
 */
function bounds(
  { name, type }: ColumnDefinition,
  { interval: { start, end }, timezone = 'UTC' }: Pick<LoadRequest, 'interval' | 'timezone'>,
) {
  const [from, to] = [start, end].map((time) => `timestamptz ${escapeLiteral(time)}`)
  switch (type.kind) {
    case 'timestamptz':
      return { start: from, end: to }
    case 'date':
    case 'timestamp': {
      const zone = escapeLiteral(type.kind === 'date' ? timezone : 'UTC')
      return { start: `(${from} AT TIME ZONE ${zone})`, end: `(${to} AT TIME ZONE ${zone})` }
    }
    default:
      throw new PipelineError(
        'TARGET_MISMATCH',
        `Column ${JSON.stringify(name)}, which target.interval_column names, is of type ${type.kind}`,
        { remedy: 'Name a column of type date, timestamp or timestamptz.' },
      )
  }
}
