import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { datasetLock, discardName, worksFor } from './load-locks.ts'
import type { DiscardRequest } from './postgres-requests.ts'
import { recordRunFailed } from './record-run.ts'
import type { Session, Sessions } from './sessions.ts'
import { dropStaging } from './staging-table.ts'

/**
 * Removes what was staged of a dataset, after ending whoever still works for it, and notes that its run
 * ended without publishing.
 *
 * @throws PipelineError TARGET_BUSY
 */
export async function discardStaged(
  sessions: Sessions,
  request: Pick<DiscardRequest, 'datasetId' | 'failureCode' | 'signal'>,
  timing: FenceTiming,
): Promise<void> {
  const { datasetId, signal } = request
  await fencedTransaction(
    sessions,
    {
      name: discardName(datasetId),
      signal,
      locks: [datasetLock(datasetId, 'alone')],
      isEarlierAttempt: (name) => worksFor(datasetId, name),
      timing,
    },
    async (session) => {
      // Of a run that could not be prepared, nobody may have made one.
      if (!(await hasCatalog(session))) return
      await dropStaging(session, datasetId)
      await recordRunFailed(session, request)
    },
  )
}

async function hasCatalog(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ exists: boolean }>(
    `SELECT to_regclass('claimcheck.runs') IS NOT NULL AS exists`,
  )
  return rows[0]?.exists === true
}
