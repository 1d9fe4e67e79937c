import type { PublishOutcome } from '../../../activities/load-target.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { evolveTable } from './evolve-table.ts'
import { recordEvolvedColumns } from './evolved-columns.ts'
import { findMissingParts } from './find-missing-parts.ts'
import { moveHighWaterMark } from './high-water-mark.ts'
import { keyDigest } from './key-digest.ts'
import { findLoad, recordLoad } from './load-row.ts'
import { datasetLock, publishName, tableLock, worksFor } from './load-locks.ts'
import { mergeStaged } from './merge-staged.ts'
import { mergeStatements } from './merge-statements.ts'
import { recordRejects } from './record-rejects.ts'
import { recordPublished } from './record-run.ts'
import { resolveTarget } from './resolve-target.ts'
import type { Session, Sessions } from './sessions.ts'
import { quoteTable } from './sql-name.ts'
import { changesTable, createStagingTable, dropStaging, stagingTable } from './staging-table.ts'

/**
 * Applies a staged dataset to its table and records the load, in one transaction. Whoever still
 * works for the dataset is ended first; whoever loads another dataset into the table is waited
 * for. If the load's row is there then, this has been done.
 *
 * @throws PipelineError TARGET_BUSY, TARGET_MISMATCH, TARGET_NOT_WRITABLE, ROWS_LOST
 */
export async function publishLoad(
  sessions: Sessions,
  request: PublishRequest,
  timing: FenceTiming,
): Promise<PublishOutcome> {
  const { datasetId, target, signal } = request
  await evolveTable(sessions, request, timing)
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
  await recordLoad(session, request, counts, await keyDigest(session, request))
  await recordPublished(session, request)
  await recordEvolvedColumns(session, request)
  await recordRejects(session, request)
  await dropStaging(session, datasetId)
  return { kind: 'published', counts, alreadyPublished: false }
}
