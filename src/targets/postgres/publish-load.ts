import type { PublishOutcome } from '../../../activities/load-target.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { applyStaged, prepareToApply } from './apply-staged.ts'
import { commentStatements } from './column-comments.ts'
import { evolveTable } from './evolve-table.ts'
import { recordEvolvedColumns } from './evolved-columns.ts'
import { findMissingParts } from './find-missing-parts.ts'
import { moveHighWaterMark } from './high-water-mark.ts'
import { insertAtOnce } from './insert-at-once.ts'
import { joinEvolved, widenStaged } from './join-evolved.ts'
import { keyDigest } from './key-digest.ts'
import { findLoad, recordLoad } from './load-row.ts'
import { datasetLock, publishName, tableLock, worksFor } from './load-locks.ts'
import { lockTable } from './lock-table.ts'
import { planEvolution } from './plan-evolution.ts'
import { recordRejects } from './record-rejects.ts'
import { hasFailed, recordPublished } from './record-run.ts'
import { resolveTarget } from './resolve-target.ts'
import type { Session, Sessions } from './sessions.ts'
import { quoteTable } from './sql-name.ts'
import { isLockTimeout, tableHolders } from './table-holders.ts'
import { createStagingTable, dropStaging, stagingTable } from './staging-table.ts'
import { mayBeCopied } from './takes-unstaged.ts'

/**
 * Applies a staged dataset to its table and records the load, in one transaction. Whoever still
 * works for the dataset is ended first; whoever loads another dataset into the table is waited
 * for. If the load's row is there then, this has been done.
 *
 * @throws PipelineError TARGET_BUSY, TARGET_MISMATCH, TARGET_NOT_WRITABLE, TARGET_WOULD_BE_EMPTIED,
 * INTERVAL_LOADED, INTERVAL_OUT_OF_ORDER, ROWS_OUTSIDE_INTERVAL, ROWS_LOST
 */
export async function publishLoad(
  sessions: Sessions,
  request: PublishRequest,
  timing: FenceTiming,
): Promise<PublishOutcome> {
  const { datasetId, target, signal } = request
  for (;;) {
    await evolveTable(sessions, request, timing)
    const outcome = await fencedTransaction(
      sessions,
      {
        name: publishName(datasetId),
        signal,
        locks: [datasetLock(datasetId, 'alone'), tableLock(target)],
        isEarlierAttempt: (name) => worksFor(datasetId, name),
        timing,
      },
      (session) => publishOnce(session, request),
    ).catch(async (error: unknown) => {
      throw isLockTimeout(error) ? await tableBusy(sessions, request, error) : error
    })
    if (outcome !== 'to-evolve') return outcome
  }
}

/** Says who has the table, or rows of it; where nobody has any more, what PostgreSQL said stands. */
async function tableBusy(
  sessions: Sessions,
  request: PublishRequest,
  error: PipelineError,
): Promise<PipelineError> {
  const who = await tableHolders(sessions, request, 'writers')
  if (who === '') return error
  return new PipelineError('TARGET_BUSY', `The table, or rows of it, are held by ${who}`, {
    remedy: 'Claimcheck tries again by itself; if it persists, end that session.',
    retryable: true,
    at: error.at,
  })
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

async function publishOnce(
  session: Session,
  staged: PublishRequest,
): Promise<PublishOutcome | 'to-evolve'> {
  const earlier = await findLoad(session, staged)
  if (earlier !== undefined) return { kind: 'published', counts: earlier, alreadyPublished: true }

  const { missingParts, keys } = await findMissingParts(session, staged)
  const incomplete = { kind: 'staging-incomplete', missingParts } as const
  if (missingParts.length > 0 && !mayBeCopied(staged, missingParts)) return incomplete
  const needsNothingStaged = missingParts.length > 0 || staged.parts.length === 0
  if (needsNothingStaged && (await hasFailed(session, staged))) return incomplete

  const request = await joinEvolved(session, staged)
  const { datasetId, target, parts } = request
  // Another load may have made the table since, with its own columns only.
  const evolves = request.evolve === true
  if (evolves && (await planEvolution(session, request)).differences.length > 0) return 'to-evolve'

  // A dataset without parts was never staged, and is published like any other.
  if (parts.length === 0) await session.query(createStagingTable(datasetId, staged.columns))
  await widenStaged(session, staged, request)

  // Before duplicates are taken out of staging: a row that another one replaces has come too.
  await moveHighWaterMark(session, request)
  // Twice: only under the lock is what the catalog says sure to stay so.
  let table = await resolveTarget(session, request)
  if (table !== undefined) {
    // Keeps other writers out until the transaction ends; readers go on.
    await lockTable(session, target, 'SHARE ROW EXCLUSIVE')
    table = await resolveTarget(session, request)
  }
  await prepareToApply(session, request)
  const inserted = await insertAtOnce(session, request, table, missingParts)
  if (inserted === undefined && missingParts.length > 0) return incomplete
  const counts = inserted ?? (await applyStaged(session, request, table))
  const comments = table === undefined ? commentStatements(request) : []
  for (const comment of comments) await session.query(comment)
  // The keys that were found first are those of all rows still, unless some were taken out.
  const isAsStaged = counts.rowsDuplicate === 0
  const rows = missingParts.length > 0 ? quoteTable(target) : stagingTable(datasetId)
  const digest =
    (isAsStaged ? keys : undefined) ?? (await keyDigest(session, rows, request.columns))
  await recordLoad(session, request, counts, digest)
  await recordPublished(session, request)
  await recordEvolvedColumns(session, request)
  await recordRejects(session, request)
  await dropStaging(session, datasetId)
  return { kind: 'published', counts, alreadyPublished: false }
}
