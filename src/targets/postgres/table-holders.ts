import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { PublishRequest } from './postgres-requests.ts'
import type { Sessions } from './sessions.ts'
import { quoteTable } from './sql-name.ts'

/** Whether a lock did not come in time. */
export function isLockTimeout(error: unknown): error is PipelineError {
  return error instanceof PipelineError && error.at['sqlState'] === '55P03'
}

/**
 * The sessions that keep a table from being locked, for people; empty where none does any more.
 *
 * @param whom `writers` are those that have written rows too, or have locked some of them.
 */
export function tableHolders(
  sessions: Sessions,
  { target, signal }: Pick<PublishRequest, 'target' | 'signal'>,
  whom: 'readers' | 'writers',
): Promise<string> {
  return sessions.transaction('claimcheck check', signal, async (session) => {
    const { rows } = await session.query<{ pid: number; name: string | null }>(
      `SELECT DISTINCT l.pid, coalesce(nullif(a.application_name, ''), a.backend_type) AS name
         FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
        WHERE l.relation = to_regclass($1) AND l.granted AND l.pid <> pg_backend_pid()
          AND ($2 = 'readers' OR l.mode <> 'AccessShareLock')
          -- Nobody waits for these.
          AND l.mode <> 'SIReadLock'
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [quoteTable(target), whom],
    )
    return rows.map(({ pid, name }) => `"${name ?? ''}" (pid ${pid})`).join(', ')
  })
}
