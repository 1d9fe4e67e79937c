import { createHash } from 'node:crypto'
import type { Session } from './sessions.ts'

/** A name that transactions agree on, and whether others may hold it at the same time. */
export interface AdvisoryLock {
  readonly key: bigint
  readonly shared: boolean
}

export interface LockHolder {
  readonly pid: number
  /** The holder's transaction name; see `Sessions.transaction`. */
  readonly name: string
  /** Tells this transaction from others of the same backend; empty where it may not be seen. */
  readonly startedAt: string
}

/** The lock for what `words` name, together. */
export function advisoryLock(words: readonly string[], shared = false): AdvisoryLock {
  const digest = createHash('sha256')
    .update(JSON.stringify(['claimcheck', ...words]))
    .digest()
  return { key: digest.readBigInt64BE(), shared }
}

/**
 * Takes the locks until the transaction ends, without waiting: returns the first that others hold,
 * or nothing once all are taken. As nobody waits while holding, no order of locks can deadlock.
 */
export async function tryLocks(
  session: Session,
  locks: readonly AdvisoryLock[],
): Promise<AdvisoryLock | undefined> {
  const cases = locks.map(
    ({ shared }, index) =>
      `WHEN NOT pg_try_advisory_xact_lock${shared ? '_shared' : ''}($${index + 1}::bigint) THEN ${index}`,
  )
  const { rows } = await session.query<{ blocked: number | null }>(
    `SELECT CASE ${cases.join(' ')} END AS blocked`,
    locks.map(({ key }) => key.toString()),
  )
  const blocked = rows[0]?.blocked ?? undefined
  return blocked === undefined ? undefined : locks[blocked]
}

/** Which transactions hold the lock right now. */
export async function lockHolders(session: Session, lock: AdvisoryLock): Promise<LockHolder[]> {
  const { rows } = await session.query<{ pid: number; name: string; started_at: string | null }>(
    `SELECT a.pid, a.application_name AS name, a.xact_start::text AS started_at
       FROM pg_locks l
       JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint
        AND a.pid <> pg_backend_pid()`,
    [lock.key.toString()],
  )
  return rows.map(({ pid, name, started_at }) => ({ pid, name, startedAt: started_at ?? '' }))
}

/** Ends the holder's session, unless it has gone on to another transaction meanwhile. */
export async function endHolder(session: Session, holder: LockHolder): Promise<void> {
  await session.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid = $1 AND application_name = $2 AND xact_start::text = $3`,
    [holder.pid, holder.name, holder.startedAt],
  )
}
