import type { DatasetId } from '../../../activities/load-target.ts'
import { discardStaged } from './discard-staged.ts'
import type { FenceTiming } from './fenced-transaction.ts'
import type { CheckRequest } from './postgres-requests.ts'
import type { Sessions } from './sessions.ts'
import { STAGING_SCHEMA } from './staging-table.ts'

/** Of a run that another one of the same workflow took the place of. */
const SUPERSEDED = 'SUPERSEDED'

/**
 * Discards what earlier runs of the same workflow staged and will never publish: of runs that were
 * terminated, nobody told them to tidy up. The request's own run must be recorded. Runs that were asked
 * for later are left alone, as an attempt that comes late must not disturb its successor; a dataset whose
 * staging came back after it was discarded, from an attempt that outlived its run, is discarded again.
 * What another role has staged only that role may drop, and it stays.
 *
 * @throws PipelineError TARGET_BUSY
 */
export async function sweepStaging(
  sessions: Sessions,
  { datasetId, workflowId, signal }: Pick<CheckRequest, 'datasetId' | 'workflowId' | 'signal'>,
  timing: FenceTiming,
): Promise<void> {
  if (workflowId === undefined) return
  const staging = `to_regclass('${STAGING_SCHEMA}.d_' || replace(r.dataset_id::text, '-', ''))`
  const earlier = await sessions.transaction('claimcheck check', signal, (session) =>
    session.query<{ id: DatasetId }>(
      `SELECT r.dataset_id AS id FROM claimcheck.runs AS r, claimcheck.runs AS own
        WHERE own.dataset_id = $1 AND r.workflow_id = $2 AND r.dataset_id <> own.dataset_id
          AND r.namespace IS NOT DISTINCT FROM own.namespace
          AND (r.requested_at, r.began_at) <= (own.requested_at, own.began_at)
          AND (r.state = 'running' OR r.state = 'failed' AND ${staging} IS NOT NULL)
          AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = ${staging} AND NOT pg_has_role(c.relowner, 'USAGE'))`,
      [datasetId, workflowId],
    ),
  )
  for (const { id } of earlier.rows) {
    await discardStaged(sessions, { datasetId: id, failureCode: SUPERSEDED, signal }, timing)
  }
}
