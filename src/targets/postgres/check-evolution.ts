import { PipelineError } from '../../../activities/pipeline-error.ts'
import { alterTable } from './alter-table.ts'
import { planEvolution } from './plan-evolution.ts'
import type { LoadRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { quoteTable } from './sql-name.ts'

/** A table of the session's own. */
const COPY = { schema: 'pg_temp', table: 'claimcheck_rehearsal' } as const

/**
 * Checks that the target table fits or can be altered so that it does: with an empty copy of it, which
 * nobody else sees and which is gone afterwards, to learn before anything is fetched what PostgreSQL
 * says about its defaults, checks and indexes with the new types. Where the role may not make such a
 * copy, that is found out when the table itself is altered.
 *
 * @throws PipelineError TARGET_MISMATCH, TARGET_NOT_WRITABLE
 */
export async function checkEvolution(session: Session, request: LoadRequest): Promise<void> {
  const { differences } = await planEvolution(session, request)
  if (differences.length === 0) return
  await session.query('SAVEPOINT rehearsal')
  if (await makeCopy(session, request)) {
    // Anew: another load may have altered the table, which now waits until the copy is gone.
    const evolution = await planEvolution(session, request)
    await alterTable(session, request, evolution.differences, COPY)
  }
  await session.query('ROLLBACK TO SAVEPOINT rehearsal')
}

/** Whether the copy could be made. */
async function makeCopy(
  session: Session,
  { target }: Pick<LoadRequest, 'target'>,
): Promise<boolean> {
  try {
    await session.query(
      `CREATE TEMPORARY TABLE ${quoteTable(COPY)} (LIKE ${quoteTable(target)} INCLUDING ALL)`,
    )
    return true
  } catch (error) {
    if (!(error instanceof PipelineError) || error.retryable) throw error
    return false
  }
}
