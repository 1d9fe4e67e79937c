import type { Session } from './sessions.ts'
import { utcText } from './utc-text.ts'

/** How a partition stands in the table that its pipeline loads, by the catalog. */
export interface PartitionState {
  readonly pipeline: string
  readonly partition: string
  readonly target: string
  /** Of the latest run; `loaded` where it has published, or an earlier version has. */
  readonly state: 'running' | 'loaded' | 'failed'
  readonly failureCode: string | null
  /** RFC 3339, UTC; null where an earlier version made it. */
  readonly intervalStart: string | null
  readonly workflowId: string | null
  /** What stands in the table, whatever became of runs since. */
  readonly load: {
    readonly datasetId: string
    readonly rowsStaged: number
    readonly rowsRejected: number | null
    readonly publishedAt: string
  } | null
}

/**
 * The newest partitions of each pipeline, or of one, the newest first.
 *
 * @param limit How many of each pipeline at most.
 */
export async function partitionStates(
  session: Session,
  { pipeline, limit }: { readonly pipeline?: string | undefined; readonly limit: number },
): Promise<readonly PartitionState[]> {
  const { rows } = await session.query<{ partition: PartitionState }>(
    `WITH latest_runs AS (
       SELECT DISTINCT ON (pipeline, partition, target) *
         FROM claimcheck.runs
        WHERE $1::text IS NULL OR pipeline = $1
        ORDER BY pipeline, partition, target, began_at DESC
     ), joined AS (
       SELECT pipeline, partition, target,
              coalesce(r.interval_start, l.interval_start) AS interval_start,
              CASE WHEN r.state IS NULL OR r.state = 'published' THEN 'loaded' ELSE r.state END AS state,
              r.failure_code, r.workflow_id, l.dataset_id, l.rows_staged, l.rows_rejected, l.published_at
         FROM latest_runs AS r
         FULL JOIN (SELECT * FROM claimcheck.latest_loads WHERE $1::text IS NULL OR pipeline = $1) AS l
              USING (pipeline, partition, target)
     ), numbered AS (
       SELECT *, row_number() OVER (PARTITION BY pipeline
                   ORDER BY interval_start DESC NULLS LAST, partition DESC) AS place
         FROM joined
     )
     SELECT json_build_object('pipeline', pipeline, 'partition', partition, 'target', target,
              'state', state, 'failureCode', failure_code, 'intervalStart', ${utcText('interval_start')},
              'workflowId', workflow_id,
              'load', CASE WHEN dataset_id IS NOT NULL THEN json_build_object('datasetId', dataset_id,
                'rowsStaged', rows_staged, 'rowsRejected', rows_rejected,
                'publishedAt', ${utcText('published_at')}) END) AS partition
       FROM numbered WHERE place <= $2 ORDER BY pipeline, place`,
    [pipeline ?? null, limit],
  )
  return rows.map(({ partition }) => partition)
}
