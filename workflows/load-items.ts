import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  sleep,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow'
import { checkRejects, type LoadStep } from './convert-and-stage.ts'
import { withInFlight } from './in-flight.ts'
import { loadItemBatches, type ItemState, type loadItem, type LoadItemInput } from './load-item.ts'

/** Keeps a run's history small; an item takes about 3 KB of it. */
const itemsPerRun = 20

const usualItemsInFlight = 2

/** Two seconds apart: what was cancelled notices within seconds. */
const triesToStart = 60

/** How far the work on the items of a source has come. */
export interface ItemsState {
  readonly itemCount: number
  readonly nextItem: number
  /** Of an only item, which is loaded without a child. */
  readonly only?: ItemState | undefined
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
  if (itemCount === 1) {
    const only = await loadItemBatches(step, 0, start.only)
    const isDone = only.nextBatch === only.landed.batches
    if (isDone) step.report({ itemsLoaded: 1 })
    return { itemCount, nextItem: isDone ? 1 : 0, only: isDone ? undefined : only }
  }
  let { nextItem } = start
  await withInFlight(async (inFlight) => {
    for (let begun = 0; nextItem < itemCount && begun < itemsPerRun; begun += 1) {
      if (begun > 0 && workflowInfo().continueAsNewSuggested) break
      inFlight.begin(loadOne(step, nextItem))
      nextItem += 1
      await inFlight.room(step.definition.limits.itemsInFlight ?? usualItemsInFlight)
    }
  })
  return { itemCount, nextItem }
}

async function loadOne(
  { definition, run, progress, report }: LoadStep,
  item: number,
): Promise<void> {
  const child = await startItem({ definition, run, item })
  const loaded = await child.result()
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
  checkRejects(definition, progress().rejects, null)
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
