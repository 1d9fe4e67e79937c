import {
  CancellationScope,
  condition,
  isCancellation,
  patched,
  workflowInfo,
} from '@temporalio/workflow'
import { checkRejects, noteUndeclared, type LoadStep } from './convert-and-stage.ts'
import { addFailedItem, type FailedItems } from './failed-items.ts'
import { failureCode } from './failure-code.ts'
import { withInFlight } from './in-flight.ts'
import type { ItemOutcome } from './item-outcome.ts'
import { openItemWindow, type WindowState } from './item-window.ts'
import { loadItemBatches, type ItemState } from './load-item.ts'
import type { LoadProgress } from './load-progress.ts'
import { isHistoryLong, longHistoryBytes } from './long-history.ts'

/** What a run took upon itself in earlier versions. */
const itemsPerRunBefore = 20

/** An item takes about 3 KB of the history. */
const itemsPerRun = 200

/** How far the work on the items of a source has come. */
export interface ItemsState {
  readonly itemCount: number
  /** Those before it have been begun. */
  readonly nextItem: number
  /** Of an only item, which is loaded without a child. */
  readonly only?: ItemState | undefined
  /** Of a pipeline that goes on with the others. */
  readonly failed?: FailedItems | undefined
  /** Of those that have been begun and have not ended. */
  readonly window?: WindowState | undefined
}

export function itemsEnded({ itemCount, nextItem, window }: ItemsState): boolean {
  return nextItem === itemCount && window === undefined
}

/**
 * Loads items side by side, each as a child workflow, until all are loaded or the history has grown
 * long: those that are under way then go on, and the next run of the load with them. An only item needs
 * no child.
 */
export async function loadItems(step: LoadStep, start: ItemsState): Promise<ItemsState> {
  const { itemCount } = start
  // It may have been paused at its end.
  if (itemsEnded(start)) return start
  if (itemCount === 1) {
    const only = await loadItemBatches(step, 0, start.only)
    const isDone = only !== undefined && only.nextBatch === only.landed.batches
    if (isDone) step.report({ itemsLoaded: 1 })
    return { itemCount, nextItem: isDone ? 1 : 0, only: isDone ? undefined : only }
  }
  const { controls, definition } = step
  const slides = patched('sliding-window')
  let { nextItem, failed } = start
  let left: WindowState | undefined

  await withInFlight(async (inFlight) => {
    const scope = CancellationScope.current()
    const window = openItemWindow(step, { slides, onEnd, onChange }, start.window)
    for (const outcome of window.inherited) inFlight.begin(outcome.then(goOnAfter))
    for (let begun = 0; nextItem < itemCount; begun += 1) {
      await inFlight.room(() => controls.limits(definition.limits).itemsInFlight, controls.changed)
      if (scope.consideredCancelled || !(slides ? hasRoom(begun) : hadRoom(begun))) break
      if (controls.isPaused() && !(await controls.resumed())) break
      inFlight.begin(window.load(nextItem).then(goOnAfter))
      nextItem += 1
    }
    if (!slides) return
    if (nextItem === itemCount) {
      await condition(() => window.isEmpty() || isHistoryLong())
      if (window.isEmpty()) return
    }
    left = await window.handOver()
    inFlight.leave()
  })
  return { itemCount, nextItem, failed, window: left }

  /** Counts an end at once: a run that goes on as a new one takes along what is counted. */
  function onEnd(item: number, outcome: ItemOutcome): void {
    if ('loaded' in outcome) {
      step.report(sumWith(step.progress(), outcome.loaded))
    } else if (mayGoOn(outcome.failure)) {
      failed = addFailedItem(failed, item, failureCode(outcome.failure))
      step.report({ itemsFailed: failed.count })
    }
  }

  function onChange(running: readonly number[]): void {
    step.report({ runningItems: running.length > 0 ? running : undefined })
  }

  /** @throws what the load is to end with */
  function goOnAfter(outcome: ItemOutcome): void {
    if ('failure' in outcome) {
      if (!mayGoOn(outcome.failure)) throw outcome.failure
      return
    }
    noteUndeclared(step, outcome.loaded.undeclaredFields)
    if (step.progress().undeclaredFields !== undefined) return
    checkRejects(definition, step.progress().rejects, null)
  }

  function mayGoOn(failure: unknown): boolean {
    return definition.onItemFailure === 'continue' && !isCancellation(failure)
  }
}

/** Whether the history may take another item. */
function hasRoom(begun: number): boolean {
  return begun === 0 || (begun < itemsPerRun && !isHistoryLong())
}

/** The same in runs that earlier versions began. */
function hadRoom(begun: number): boolean {
  if (begun === 0) return true
  const { continueAsNewSuggested, historySize } = workflowInfo()
  if (continueAsNewSuggested || begun >= itemsPerRun) return false
  return (
    begun < itemsPerRunBefore || (patched('more-items-a-run') && historySize < longHistoryBytes)
  )
}

function sumWith(sum: LoadProgress, loaded: LoadProgress): Partial<LoadProgress> {
  return {
    batchesFetched: sum.batchesFetched + loaded.batchesFetched,
    batchesStaged: sum.batchesStaged + loaded.batchesStaged,
    pages: sum.pages + loaded.pages,
    pagesFound: sum.pagesFound + loaded.pagesFound,
    sourceBytes: sum.sourceBytes + loaded.sourceBytes,
    storedBytes: sum.storedBytes + loaded.storedBytes,
    rows: sum.rows + loaded.rows,
    rowsStaged: sum.rowsStaged + loaded.rowsStaged,
    rejects: sum.rejects + loaded.rejects,
    itemsLoaded: (sum.itemsLoaded ?? 0) + 1,
  }
}
