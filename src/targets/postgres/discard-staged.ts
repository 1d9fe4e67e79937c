import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { datasetLock, discardName, worksFor } from './load-locks.ts'
import type { DiscardRequest } from './postgres-requests.ts'
import { recordRunFailed } from './record-run.ts'
import type { Sessions } from './sessions.ts'
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
      await dropStaging(session, datasetId)
      await recordRunFailed(session, request)
    },
  )
}
