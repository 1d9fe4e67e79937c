import { CancellationScope, isCancellation, log, sleep, workflowInfo } from '@temporalio/workflow'
import type { Activities } from '../activities/create-activities.ts'
import type { RunChain } from '../activities/load-starter.ts'
import { finalFailure } from './final-failure.ts'

/** How long an item may go on at most without its load. */
const lookMs = 300_000

/** When it is next looked whether a load is still there, in milliseconds since 1970. */
export interface NextLook {
  atMs: number
}

export function firstLook(): NextLook {
  return { atMs: workflowInfo().runStartTime.getTime() + lookMs }
}

/**
 * Does the work of an item for as long as its load runs. A load that is terminated takes none of its
 * items with it, and a new one of the same partition has others: they end by themselves.
 *
 * @param next Kept up to date, for the next run of the item.
 * @throws ApplicationFailure LOAD_ENDED
 */
export function whileWanted<T>(
  load: RunChain,
  { lookUpRuns }: Pick<Activities, 'lookUpRuns'>,
  next: NextLook,
  work: () => Promise<T>,
): Promise<T> {
  return CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current()
    let isOver = false
    let isUnwanted = false
    // Its timer may be left behind: the run is about to end then.
    void look()
    try {
      return await work()
    } catch (error) {
      throw isUnwanted && isCancellation(error) ? loadEnded() : error
    } finally {
      isOver = true
    }

    async function look(): Promise<void> {
      let nowMs = workflowInfo().runStartTime.getTime()
      while (!isUnwanted) {
        try {
          await sleep(Math.max(next.atMs - nowMs, 1))
          if (isOver) return
          const { ended } = await lookUpRuns({ runs: [load] })
          isUnwanted = ended.length > 0
        } catch (error) {
          if (isCancellation(error)) return
          log.warn('the load of an item could not be looked after; that is tried again')
        }
        // Looking takes no time to speak of.
        nowMs = Math.max(next.atMs, nowMs)
        next.atMs = nowMs + lookMs
      }
      scope.cancel()
    }
  })
}

function loadEnded(): Error {
  return finalFailure({
    type: 'LOAD_ENDED',
    message: 'the load that this item belongs to has ended without it',
    remedy: 'Start the load again: what was landed is used.',
  })
}
