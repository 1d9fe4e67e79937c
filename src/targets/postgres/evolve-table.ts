import { setTimeout as sleep } from 'node:timers/promises'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { alterTable } from './alter-table.ts'
import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { joinEvolved } from './join-evolved.ts'
import { datasetLock, publishName, tableLock, worksFor } from './load-locks.ts'
import { findLoad } from './load-row.ts'
import { lockTable } from './lock-table.ts'
import { planEvolution } from './plan-evolution.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Session, Sessions } from './sessions.ts'
import { isLockTimeout, tableHolders } from './table-holders.ts'
import { WRITTEN_AS } from './written-as.ts'

/**
 * While an ALTER waits for a reader to end, other readers wait behind it: for so long at a time. A
 * little longer than the second after which PostgreSQL ends an autovacuum that others wait for.
 */
const LOCK_TIMEOUT_MS = 1_200
/** How long they may go on then, before it tries again. */
const PAUSE_MS = 1_000

/**
 * Gives the table the columns and the wider types that the load needs, in a transaction of its own
 * before the one that publishes, so that readers are kept out only while the table is altered. What
 * becomes of the load does not matter to the table: it takes the same rows as before. Where the load
 * is published, does not ask for it or makes the table, nothing is done.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_NOT_WRITABLE, TARGET_BUSY
 */
export async function evolveTable(
  sessions: Sessions,
  request: PublishRequest,
  timing: FenceTiming,
): Promise<void> {
  if (request.evolve !== true) return
  const { datasetId, target, signal } = request
  const deadline = performance.now() + timing.waitMs
  for (;;) {
    const waitMs = Math.max(0, deadline - performance.now())
    try {
      await fencedTransaction(
        sessions,
        {
          // The name and the locks of the transaction that publishes, which so comes after it.
          name: publishName(datasetId),
          signal,
          locks: [datasetLock(datasetId, 'alone'), tableLock(target)],
          isEarlierAttempt: (name) => worksFor(datasetId, name),
          timing: { ...timing, waitMs },
        },
        (session) => evolveOnce(session, request),
      )
      return
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      if (performance.now() >= deadline) throw await tableBusy(sessions, request, timing)
    }
    await sleep(PAUSE_MS, undefined, { signal })
  }
}

async function evolveOnce(session: Session, staged: PublishRequest): Promise<void> {
  if ((await findLoad(session, staged)) !== undefined) return
  const request = await joinEvolved(session, staged)
  let evolution = await planEvolution(session, request)
  if (evolution.differences.length === 0 && evolution.comments.length === 0) return
  await session.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; ${WRITTEN_AS}`)
  if (evolution.differences.length > 0) {
    await lockTable(session, request.target, 'ACCESS EXCLUSIVE')
    // Only under the lock is what the catalog says sure to stay so.
    evolution = await planEvolution(session, request)
  }
  await alterTable(session, request, evolution.differences)
  for (const comment of evolution.comments) await session.query(comment)
}

/** Names who keeps the table from being altered. */
async function tableBusy(
  sessions: Sessions,
  request: PublishRequest,
  { waitMs }: FenceTiming,
): Promise<PipelineError> {
  const who = await tableHolders(sessions, request, 'readers')
  return new PipelineError(
    'TARGET_BUSY',
    `Waited ${Math.round(waitMs / 1000)} s to alter the table for ${who === '' ? 'its readers' : who}`,
    {
      remedy: 'Claimcheck tries again by itself; if it persists, end that session.',
      retryable: true,
      at: sessions.at,
    },
  )
}
