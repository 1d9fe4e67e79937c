import type { CheckRequest, DiscardRequest, PublishRequest } from './postgres-requests.ts'
import { rowsOfParts } from './rows-of-parts.ts'
import type { Session } from './sessions.ts'
import { displayTable } from './sql-name.ts'

/**
 * Notes in the catalog that a run has begun, and what its pipeline says. An attempt that comes late
 * finds the run and leaves both as they are. References to secrets are kept as references.
 */
export async function recordRunBegan(session: Session, request: CheckRequest): Promise<void> {
  const { datasetId, pipeline, partition, interval, requestedAt } = request
  const target = displayTable(request.target)
  const { definition, workflowId = null, namespace = null } = request
  await session.query(
    `WITH began AS (
       INSERT INTO claimcheck.runs (dataset_id, pipeline, partition, target, interval_start, interval_end,
         requested_at, workflow_id, namespace, state)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $9, $10, 'running')
       ON CONFLICT (dataset_id) DO NOTHING
       RETURNING pipeline, target)
     INSERT INTO claimcheck.pipelines (name, definition, target)
     SELECT pipeline, $8::jsonb, target FROM began WHERE $8::jsonb IS NOT NULL
     ON CONFLICT (name) DO UPDATE
       SET definition = excluded.definition, target = excluded.target, checked_at = excluded.checked_at`,
    [
      datasetId,
      pipeline,
      partition,
      target,
      interval.start,
      interval.end,
      requestedAt,
      definition === undefined ? null : storableJson(definition),
      workflowId,
      namespace,
    ],
  )
}

/**
 * Notes the dataset and that its run is published, in the transaction that publishes it: whatever was
 * noted of the run before. One that an earlier version began has no row, and gets none.
 */
export async function recordPublished(session: Session, request: PublishRequest): Promise<void> {
  await session.query(
    `WITH made AS (
       INSERT INTO claimcheck.datasets (dataset_id, pipeline, partition, interval_start, interval_end,
         manifest_key, part_count, row_count, records_served, rows_rejected, requested_at, made_from,
         made_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       ON CONFLICT (dataset_id) DO NOTHING)
     UPDATE claimcheck.runs SET state = 'published', failure_code = NULL, ended_at = now()
      WHERE dataset_id = $1`,
    [
      request.datasetId,
      request.pipeline,
      request.partition,
      request.interval.start,
      request.interval.end,
      request.manifestKey,
      request.parts.length,
      rowsOfParts(request.parts),
      request.recordCount ?? null,
      request.rejectCount ?? null,
      request.requestedAt,
      request.madeFrom?.datasetId ?? null,
      request.madeFrom?.from ?? null,
    ],
  )
}

/** Notes that a run ended without publishing; one that has ended already stays as it is. */
export async function recordRunFailed(
  session: Session,
  { datasetId, failureCode }: Pick<DiscardRequest, 'datasetId' | 'failureCode'>,
): Promise<void> {
  await session.query(
    `UPDATE claimcheck.runs SET state = 'failed', failure_code = $2, ended_at = now()
      WHERE dataset_id = $1 AND state = 'running'`,
    [datasetId, failureCode ?? null],
  )
}

/** As JSON that jsonb takes: NUL stands as U+2400, half of a surrogate pair as U+FFFD. */
function storableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g, (escape) => {
    if (escape === '\\\\') return escape
    return escape === '\\u0000' ? '\u2400' : '\uFFFD'
  })
}

/**
 * Whether the run is noted to have ended without publishing. What was staged of it is gone, but an attempt
 * that comes late and needs nothing of that would publish what everybody was told is not loaded.
 */
export async function hasFailed(
  session: Session,
  { datasetId }: Pick<PublishRequest, 'datasetId'>,
): Promise<boolean> {
  const { rowCount } = await session.query(
    `SELECT FROM claimcheck.runs WHERE dataset_id = $1 AND state = 'failed'`,
    [datasetId],
  )
  return rowCount > 0
}
