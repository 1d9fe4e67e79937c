import {
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  isCancellation,
  ParentClosePolicy,
  patched,
  sleep,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow'
import { checkRejects, noteUndeclared, type LoadStep } from './convert-and-stage.ts'
import { addFailedItem, type FailedItems } from './failed-items.ts'
import { failureCode } from './failure-code.ts'
import { withInFlight } from './in-flight.ts'
import { loadItemBatches, type ItemState, type loadItem, type LoadItemInput } from './load-item.ts'
import type { LoadProgress } from './load-progress.ts'
import { controlsSignal, type ControlState, type RunControls } from './run-controls.ts'

/** What a run took upon itself in earlier versions. */
const itemsPerRunBefore = 20

/** Keeps a run's history under 1 MB; an item takes about 3 KB of it. */
const itemsPerRun = 200
const longHistoryBytes = 700_000

/** Two seconds apart: what was cancelled notices within seconds. */
const triesToStart = 60

/** How far the work on the items of a source has come. */
export interface ItemsState {
  readonly itemCount: number
  readonly nextItem: number
  /** Of an only item, which is loaded without a child. */
  readonly only?: ItemState | undefined
  /** Of a pipeline that goes on with the others. */
  readonly failed?: FailedItems | undefined
}

export function itemsEnded({ itemCount, nextItem }: ItemsState): boolean {
  return nextItem === itemCount
}

/**
 * Loads items side by side, each as a child workflow, until all are loaded or the history has grown
 * long; all that was begun is finished on return. An only item needs no child.
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
  let { nextItem, failed } = start
  const onFailure = (item: number, code: string | undefined): void => {
    failed = addFailedItem(failed, item, code)
    step.report({ itemsFailed: failed.count })
  }
  await withInFlight(async (inFlight) => {
    for (let begun = 0; nextItem < itemCount && hasRoom(begun); begun += 1) {
      if (controls.isPaused() && !(await controls.resumed())) break
      inFlight.begin(loadOne(step, nextItem, onFailure))
      nextItem += 1
      await inFlight.room(() => controls.limits(definition.limits).itemsInFlight, controls.changed)
    }
  })
  return { itemCount, nextItem, failed }
}

/** Whether the history may take another item. */
function hasRoom(begun: number): boolean {
  if (begun === 0) return true
  const { continueAsNewSuggested, historySize } = workflowInfo()
  if (continueAsNewSuggested || begun >= itemsPerRun) return false
  // Runs that an earlier version began go on as that one did.
  return (
    begun < itemsPerRunBefore || (patched('more-items-a-run') && historySize < longHistoryBytes)
  )
}

async function loadOne(
  step: LoadStep,
  item: number,
  onFailure: (item: number, code: string | undefined) => void,
): Promise<void> {
  const { definition, run, progress, report, controls } = step
  let loaded: LoadProgress
  try {
    loaded = await itemProgress({ definition, run, item }, controls)
  } catch (error) {
    if (definition.onItemFailure !== 'continue' || !(error instanceof ChildWorkflowFailure))
      throw error
    if (isCancellation(error)) throw error
    onFailure(item, failureCode(error))
    return
  }
  const sum = progress()
  report({
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
  })
  noteUndeclared(step, loaded.undeclaredFields)
  if (progress().undeclaredFields !== undefined) return
  checkRejects(definition, progress().rejects, null)
}

/** Loads an item in a child, which is told what is asked of its parent meanwhile. */
async function itemProgress(input: LoadItemInput, controls: RunControls): Promise<LoadProgress> {
  const told = controls.state()
  const child = await startItem(told.changes > 0 ? { ...input, controls: told } : input)
  // One that has ended needs to hear nothing.
  const tell = (state: ControlState): Promise<void> =>
    child.signal(controlsSignal, state).catch(() => undefined)
  const stop = controls.tell(tell)
  try {
    if (controls.state() !== told) await tell(controls.state())
    return await child.result()
  } finally {
    stop()
  }
}

/** The child of an earlier run that was terminated may not have ended yet: it is waited for. */
async function startItem(input: LoadItemInput): Promise<ChildWorkflowHandle<typeof loadItem>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startChild<typeof loadItem>('loadItem', {
        workflowId: `${workflowInfo().workflowId}/${input.item}`,
        args: [input],
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      })
    } catch (error) {
      const isRunning =
        error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError'
      if (!isRunning || tries === triesToStart) throw error
      await sleep('2 seconds')
    }
  }
}
