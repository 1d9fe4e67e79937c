import type { LoadCounts, PublishOutcome, PublishRequest } from '../../../activities/load-target.ts'
import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { findMissingParts } from './find-missing-parts.ts'
import { moveHighWaterMark } from './high-water-mark.ts'
import { datasetLock, publishName, tableLock, worksFor } from './load-locks.ts'
import { mergeStaged } from './merge-staged.ts'
import { mergeStatements } from './merge-statements.ts'
import { recordRejects } from './record-rejects.ts'
import { resolveTarget } from './resolve-target.ts'
import type { Session, Sessions } from './sessions.ts'
import { displayTable, quoteTable } from './sql-name.ts'
import { changesTable, createStagingTable, dropStaging, stagingTable } from './staging-table.ts'

/**
 * Applies a staged dataset to its table and records the load, in one transaction. Whoever still
 * works for the dataset is ended first; whoever loads another dataset into the table is waited
 * for. If the load's row is there then, this has been done.
 *
 * @throws PipelineError TARGET_BUSY, TARGET_MISMATCH, TARGET_NOT_WRITABLE, ROWS_LOST
 */
export function publishLoad(
  sessions: Sessions,
  request: PublishRequest,
  timing: FenceTiming,
): Promise<PublishOutcome> {
  const { datasetId, target, signal } = request
  return fencedTransaction(
    sessions,
    {
      name: publishName(datasetId),
      signal,
      locks: [datasetLock(datasetId, 'alone'), tableLock(target)],
      isEarlierAttempt: (name) => worksFor(datasetId, name),
      timing,
    },
    (session) => publishOnce(session, request),
  )
}

/** Whether the load's row is there. */
export function isPublished(
  sessions: Sessions,
  request: Pick<PublishRequest, 'datasetId' | 'target' | 'signal'>,
): Promise<boolean> {
  return sessions.transaction('claimcheck check', request.signal, async (session) => {
    return (await findLoad(session, request)) !== undefined
  })
}

async function publishOnce(session: Session, request: PublishRequest): Promise<PublishOutcome> {
  const { datasetId, target, columns, parts } = request
  const earlier = await findLoad(session, request)
  if (earlier !== undefined) return { kind: 'published', counts: earlier, alreadyPublished: true }

  const missingParts = await findMissingParts(session, request)
  if (missingParts.length > 0) return { kind: 'staging-incomplete', missingParts }

  // A dataset without parts was never staged, and is published like any other.
  if (parts.length === 0) await session.query(createStagingTable(datasetId, columns))

  // Before the merge takes duplicates out of staging: a row that another one replaces has come too.
  await moveHighWaterMark(session, request)
  const names = { target: quoteTable(target), staging: stagingTable(datasetId) }
  const changes = changesTable(datasetId)
  // Twice: only under the lock is what the catalog says sure to stay so.
  let resolved = await resolveTarget(session, request)
  if (resolved.exists) {
    await session.query(mergeStatements({ ...names, changes, columns }).lockTarget)
    resolved = await resolveTarget(session, request)
  }
  const { exists, collations } = resolved
  const counts = await mergeStaged(session, {
    statements: mergeStatements({ ...names, changes, columns, collations }),
    targetExists: exists,
    rowsStaged: parts.reduce((sum, { rowCount }) => sum + rowCount, 0),
  })
  await recordLoad(session, request, counts)
  await recordRejects(session, request)
  await dropStaging(session, datasetId)
  return { kind: 'published', counts, alreadyPublished: false }
}

type CountRow = Record<'staged' | 'inserted' | 'updated' | 'unchanged' | 'duplicate', string>

async function findLoad(
  session: Session,
  { datasetId, target }: Pick<PublishRequest, 'datasetId' | 'target'>,
): Promise<LoadCounts | undefined> {
  const { rows } = await session.query<CountRow>(
    `SELECT rows_staged AS staged, rows_inserted AS inserted, rows_updated AS updated,
            rows_unchanged AS unchanged, rows_duplicate AS duplicate
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
    }
  )
}

async function recordLoad(
  session: Session,
  request: PublishRequest,
  counts: LoadCounts,
): Promise<void> {
  await session.query(
    `INSERT INTO claimcheck.loads (dataset_id, target, pipeline, partition, manifest_key, mode,
       rows_staged, rows_inserted, rows_updated, rows_unchanged, rows_duplicate, requested_at,
       records_served, rows_converted, rows_rejected)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
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
    ],
  )
}
