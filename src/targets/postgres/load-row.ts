import type { LoadCounts } from '../../../activities/load-target.ts'
import { rowsLost } from './expect-rows.ts'
import type { KeyDigest } from './key-digest.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { displayTable } from './sql-name.ts'

type CountRow = Record<
  'staged' | 'inserted' | 'updated' | 'unchanged' | 'duplicate' | 'deleted',
  string
>

/** What the load did, by its own row; undefined where it is not there. */
export async function findLoad(
  session: Session,
  { datasetId, target }: Pick<PublishRequest, 'datasetId' | 'target'>,
): Promise<LoadCounts | undefined> {
  const { rows } = await session.query<CountRow>(
    `SELECT rows_staged AS staged, rows_inserted AS inserted, rows_updated AS updated,
            rows_unchanged AS unchanged, rows_duplicate AS duplicate, rows_deleted AS deleted
       FROM claimcheck.loads WHERE dataset_id = $1 AND target = $2`,
    [datasetId, displayTable(target)],
  )
  const row = rows[0]
  return (
    row && {
      rowsStaged: Number(row.staged),
      rowsInserted: Number(row.inserted),
      rowsUpdated: Number(row.updated),
      rowsUnchanged: Number(row.unchanged),
      rowsDuplicate: Number(row.duplicate),
      rowsDeleted: Number(row.deleted),
    }
  )
}

/**
 * Writes the row by which the load is known to be done, in the transaction that writes the rows. Its time is
 * that of this statement: a transaction that began first may have got the table's lock last.
 *
 * @throws PipelineError ROWS_LOST where something keeps the row out
 */
export async function recordLoad(
  session: Session,
  request: PublishRequest,
  counts: LoadCounts,
  digest: KeyDigest | undefined,
): Promise<void> {
  const { rowCount } = await session.query(
    `INSERT INTO claimcheck.loads (dataset_id, target, pipeline, partition, manifest_key, mode,
       rows_staged, rows_inserted, rows_updated, rows_unchanged, rows_duplicate, requested_at,
       records_served, rows_converted, rows_rejected, rows_deleted, interval_start, interval_end,
       key_count, key_digest, made_from, made_by, missing_fields, published_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
       $21, $22, $23, clock_timestamp())`,
    [
      request.datasetId,
      displayTable(request.target),
      request.pipeline,
      request.partition,
      request.manifestKey,
      request.target.mode,
      counts.rowsStaged,
      counts.rowsInserted,
      counts.rowsUpdated,
      counts.rowsUnchanged,
      counts.rowsDuplicate,
      request.requestedAt,
      request.recordCount ?? null,
      request.convertedCount ?? null,
      request.rejectCount ?? null,
      counts.rowsDeleted,
      request.interval.start,
      request.interval.end,
      digest?.keyCount ?? null,
      digest?.digest ?? null,
      request.madeFrom?.datasetId ?? null,
      request.madeFrom?.from ?? null,
      request.missingFields ?? null,
    ],
  )
  if (rowCount !== 1) throw rowsLost('claimcheck.loads', 1, rowCount)
}
