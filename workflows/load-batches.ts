import { ApplicationFailure, CancellationScope, workflowInfo } from '@temporalio/workflow'
import type { Activities } from '../activities/create-activities.ts'
import type { FetchedBatch } from '../activities/fetch-batch.ts'
import type { WalkAnchor } from '../activities/landing/landed-batch.ts'
import type { PipelineDefinition } from '../activities/pipeline-definition.ts'
import type { RunReference } from '../activities/run-reference.ts'
import type { LoadProgress } from './load-progress.ts'

/** Keeps a run's history well under 60 KB; a batch takes about 4 KB of it. */
const batchesPerRun = 10

/** How far the walk through the source has come. */
export interface WalkState {
  readonly pageNumber: number
  readonly partNumber: number
  readonly cursor: string | null
  readonly anchor: WalkAnchor | null
  readonly ended: boolean
}

export interface LoadStep {
  readonly activities: Activities
  readonly run: RunReference
  readonly walk: WalkState
  readonly progress: () => LoadProgress
  readonly report: (change: Partial<LoadProgress>) => void
}

/**
 * Fetches batch after batch while earlier ones are converted and staged, until the source ends or the
 * history has grown long; all that was begun is finished on return. The first failure cancels the
 * rest.
 */
export function loadBatches(
  step: LoadStep & { readonly definition: PipelineDefinition },
): Promise<WalkState> {
  const { activities, definition, run, progress, report } = step
  return CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current()
    const inFlight = new Set<Promise<void>>()
    let failure: unknown
    let { walk } = step

    const begin = (work: Promise<void>): void => {
      const settled = work
        .catch((error: unknown) => {
          failure ??= error
          scope.cancel()
        })
        .finally(() => inFlight.delete(settled))
      inFlight.add(settled)
    }

    try {
      for (let batches = 0; !walk.ended && batches < batchesPerRun; batches += 1) {
        if (batches > 0 && workflowInfo().continueAsNewSuggested) break
        const { pageNumber, partNumber, cursor, anchor } = walk
        const fetched = await activities.fetchBatch({ run, firstPage: pageNumber, cursor, anchor })
        report(addFetched(progress(), fetched))
        begin(convertAndStage(fetched.batchKey, partNumber))
        walk = {
          pageNumber: pageNumber + fetched.pages,
          partNumber: partNumber + 1,
          cursor: fetched.next,
          anchor: fetched.anchor,
          ended: fetched.next === null,
        }
        while (inFlight.size >= definition.limits.batchesInFlight) await Promise.race(inFlight)
      }
    } catch (error) {
      failure ??= error
      scope.cancel()
    }
    await CancellationScope.nonCancellable(() => Promise.all(inFlight))
    if (failure !== undefined) throw failure
    return walk

    async function convertAndStage(batchKey: string, partNumber: number): Promise<void> {
      const part = await activities.convertBatch({ run, batchKey, partNumber })
      report({
        rows: progress().rows + part.rowCount,
        rejects: progress().rejects + part.rejectCount,
        storedBytes: progress().storedBytes + part.storedBytes,
      })
      if (progress().rejects > definition.onReject.max) {
        throw rejectLimit(definition, progress().rejects, part.firstReject)
      }
      const { rowCount } = await activities.stageBatch({ run, partNumber })
      report({
        batchesStaged: progress().batchesStaged + 1,
        rowsStaged: progress().rowsStaged + rowCount,
      })
    }
  })
}

function addFetched(progress: LoadProgress, fetched: FetchedBatch): Partial<LoadProgress> {
  return {
    batchesFetched: progress.batchesFetched + 1,
    pages: progress.pages + fetched.pages,
    pagesFound: progress.pagesFound + fetched.pagesFound,
    sourceBytes: progress.sourceBytes + fetched.sourceBytes,
    storedBytes: progress.storedBytes + fetched.storedBytes,
  }
}

function rejectLimit(
  definition: PipelineDefinition,
  rejects: number,
  firstReject: string | null,
): ApplicationFailure {
  const example = firstReject === null ? '' : ` (for example ${firstReject})`
  return ApplicationFailure.create({
    type: 'REJECT_LIMIT_EXCEEDED',
    message: `${rejects} rows were rejected, ${definition.onReject.max} are allowed${example}`,
    nonRetryable: true,
    details: [
      {
        remedy:
          'Look at the rejects beside the dataset, correct `columns`, or raise `on_reject.max`; the table is as it was.',
      },
    ],
  })
}
