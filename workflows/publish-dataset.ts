import { ApplicationFailure } from '@temporalio/workflow'
import type { LoadStep } from './load-batches.ts'
import type { LoadResult } from './load-progress.ts'

/** A PostgreSQL crash empties staging; more than this many in one load means something else is wrong. */
const maxRestagings = 5

/** Seals the dataset and publishes it, staging again what the server has lost meanwhile. */
export async function publishDataset(step: LoadStep): Promise<LoadResult> {
  const { activities, run, walk, progress, report } = step
  report({ phase: 'sealing' })
  const sealed = await activities.sealDataset({
    run,
    partCount: walk.partNumber,
    rowCount: progress().rows,
    rejectCount: progress().rejects,
  })
  report({ phase: 'publishing', storedBytes: progress().storedBytes + sealed.storedBytes })
  for (let restagings = 0; restagings <= maxRestagings; restagings += 1) {
    const outcome = await activities.publishLoad({ run })
    if (outcome.kind === 'published') {
      report({ phase: 'done' })
      const { phase: _, ...totals } = progress()
      const { manifestKey } = sealed
      return { ...totals, datasetId: run.datasetId, manifestKey, counts: outcome.counts }
    }
    for (const partNumber of outcome.missingParts) await activities.stageBatch({ run, partNumber })
  }
  throw ApplicationFailure.create({
    type: 'STAGING_LOST',
    message: `what was staged was lost ${maxRestagings} times before it could be published`,
    nonRetryable: true,
    details: [
      { remedy: 'Look in the log of PostgreSQL why it restarts; then start the run again.' },
    ],
  })
}
