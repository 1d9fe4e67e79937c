import { setTimeout as sleep } from 'node:timers/promises'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import {
  type AdvisoryLock,
  endHolder,
  lockHolders,
  type LockHolder,
  tryLocks,
} from './advisory-lock.ts'
import type { Isolation, Session, Sessions } from './sessions.ts'

export interface FencedTransactionRequest {
  /** What `pg_stat_activity` shows; holders are told apart by it. */
  readonly name: string
  readonly signal: AbortSignal
  readonly locks: readonly AdvisoryLock[]
  /** Whether a holder of this name is an earlier attempt at the same work, which is to be ended. */
  readonly isEarlierAttempt: (name: string) => boolean
  readonly timing: FenceTiming
  /** @default 'READ COMMITTED' */
  readonly isolation?: Isolation
}

export interface FenceTiming {
  /** How long an earlier attempt may go on before its session is ended. */
  readonly patienceMs: number
  /** How long to wait for work that is not ours to end. */
  readonly waitMs: number
}

const POLL_MS = 100

/**
 * Runs `body` in a transaction that holds the locks. An earlier attempt that still holds one (its
 * client may be gone and its statement still running in the server, to commit later) is given
 * `patienceMs` to end by itself and is then ended: after this, no earlier attempt can commit.
 * Between tries no transaction is open, so that nobody waits for a waiter.
 *
 * @throws PipelineError TARGET_BUSY, retryable, when others hold a lock longer than `waitMs`.
 */
export async function fencedTransaction<Result>(
  sessions: Sessions,
  request: FencedTransactionRequest,
  body: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { name, signal, locks, timing, isolation } = request
  const deadline = performance.now() + timing.waitMs
  const firstSeen = new Map<string, number>()
  for (;;) {
    const tried = await sessions.transaction(
      name,
      signal,
      async (session) => {
        const blocked = await tryLocks(session, locks)
        if (blocked === undefined) return { result: await body(session) }
        const holders = await lockHolders(session, blocked)
        for (const holder of holders) {
          const since = seenSince(firstSeen, holder)
          const impatient = performance.now() - since >= timing.patienceMs
          if (impatient && request.isEarlierAttempt(holder.name)) await endHolder(session, holder)
        }
        return { holders }
      },
      isolation,
    )
    if ('result' in tried) return tried.result
    if (performance.now() >= deadline) throw busy(sessions, tried.holders, timing)
    await sleep(POLL_MS, undefined, { signal })
  }
}

function seenSince(firstSeen: Map<string, number>, { pid, startedAt }: LockHolder): number {
  const identity = `${pid} ${startedAt}`
  const since = firstSeen.get(identity) ?? performance.now()
  firstSeen.set(identity, since)
  return since
}

function busy(
  sessions: Sessions,
  holders: readonly LockHolder[],
  { waitMs }: FenceTiming,
): PipelineError {
  const who = holders.map(({ pid, name }) => `"${name}" (pid ${pid})`).join(', ')
  return new PipelineError(
    'TARGET_BUSY',
    `Waited ${Math.round(waitMs / 1000)} s for ${who === '' ? 'another session' : who}`,
    {
      remedy: 'Claimcheck tries again by itself; if it persists, end that session.',
      retryable: true,
      at: sessions.at,
    },
  )
}
