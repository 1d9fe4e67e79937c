import { workflowInfo } from '@temporalio/workflow'
import type { FetchedBatch } from '../activities/fetch-batch.ts'
import type { WalkAnchor } from '../activities/landing/landed-batch.ts'
import { convertAndStage, roomForBatch, type LoadStep } from './convert-and-stage.ts'
import { withInFlight } from './in-flight.ts'
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

export const walkStart: WalkState = {
  pageNumber: 0,
  partNumber: 0,
  cursor: null,
  anchor: null,
  ended: false,
}

/**
 * Fetches batch after batch while earlier ones are converted and staged, until the source ends or the
 * history has grown long; all that was begun is finished on return.
 */
export async function loadBatches(step: LoadStep, start: WalkState): Promise<WalkState> {
  const { activities, run, progress, report, controls } = step
  let walk = start
  await withInFlight(async (inFlight) => {
    for (let batches = 0; !walk.ended && batches < batchesPerRun; batches += 1) {
      if (batches > 0 && workflowInfo().continueAsNewSuggested) break
      if (controls.isPaused() && !(await controls.resumed())) break
      const { pageNumber, partNumber, cursor, anchor } = walk
      const fetched = await activities.fetchBatch({ run, firstPage: pageNumber, cursor, anchor })
      report(addFetched(progress(), fetched))
      inFlight.begin(convertAndStage(step, { batchKey: fetched.batchKey, partNumber }))
      walk = {
        pageNumber: pageNumber + fetched.pages,
        partNumber: partNumber + 1,
        cursor: fetched.next,
        anchor: fetched.anchor,
        ended: fetched.next === null,
      }
      await roomForBatch(step, inFlight)
    }
  })
  return walk
}

/** The totals of what was fetched, with a batch or an item more. */
export function addFetched(
  progress: LoadProgress,
  fetched: Pick<FetchedBatch, 'pages' | 'pagesFound' | 'sourceBytes' | 'storedBytes'>,
  batches = 1,
): Partial<LoadProgress> {
  return {
    batchesFetched: progress.batchesFetched + batches,
    pages: progress.pages + fetched.pages,
    pagesFound: progress.pagesFound + fetched.pagesFound,
    sourceBytes: progress.sourceBytes + fetched.sourceBytes,
    storedBytes: progress.storedBytes + fetched.storedBytes,
  }
}
