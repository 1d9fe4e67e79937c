import type { DatasetId } from '../../../activities/load-target.ts'
import { fencedTransaction, type FenceTiming } from './fenced-transaction.ts'
import { datasetLock, discardName, worksFor } from './load-locks.ts'
import type { Sessions } from './sessions.ts'
import { dropStaging } from './staging-table.ts'

/** Removes what was staged of a dataset, after ending whoever still works for it. */
export async function discardStaged(
  sessions: Sessions,
  datasetId: DatasetId,
  signal: AbortSignal,
  timing: FenceTiming,
): Promise<void> {
  await fencedTransaction(
    sessions,
    {
      name: discardName(datasetId),
      signal,
      locks: [datasetLock(datasetId, 'alone')],
      isEarlierAttempt: (name) => worksFor(datasetId, name),
      timing,
    },
    (session) => dropStaging(session, datasetId),
  )
}
