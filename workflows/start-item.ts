import {
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  sleep,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow'
import { finalFailure } from './final-failure.ts'
import { inheritedAttributes } from './inherited-attributes.ts'
import type { loadItem, LoadItemInput } from './load-item.ts'

/** Two seconds apart: what was cancelled notices within seconds. */
const triesToStart = 60

export function itemWorkflowId(item: number): string {
  return `${workflowInfo().workflowId}/${item}`
}

/**
 * Starts the child workflow of an item. It stays when its parent goes on as a new run, for which no
 * other policy than to abandon it will do: the server carries out the others then, too.
 *
 * One of the same id is of an earlier load of the partition that was terminated: it is cancelled and
 * waited for.
 *
 * @throws ApplicationFailure ITEM_STILL_RUNS
 */
export async function startItem(
  input: LoadItemInput,
  { abandoned }: { readonly abandoned: boolean },
): Promise<ChildWorkflowHandle<typeof loadItem>> {
  const workflowId = itemWorkflowId(input.item)
  for (let tries = 1; ; tries += 1) {
    try {
      return await startChild<typeof loadItem>('loadItem', {
        workflowId,
        args: [input],
        typedSearchAttributes: inheritedAttributes(),
        staticSummary: `item ${input.item}`,
        parentClosePolicy: abandoned ? ParentClosePolicy.ABANDON : ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      })
    } catch (error) {
      const isRunning =
        error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError'
      if (!isRunning) throw error
      if (tries === triesToStart) throw abandoned ? itemStillRuns(input.item) : error
      if (abandoned && tries % 10 === 1) await cancelItem(input.item)
      await sleep('2 seconds')
    }
  }
}

/** Asks the child workflow of an item to end, whoever started it; one that has ended needs no asking. */
export async function cancelItem(item: number): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    getExternalWorkflowHandle(itemWorkflowId(item)).cancel(),
  ).catch(() => undefined)
}

function itemStillRuns(item: number): Error {
  return finalFailure({
    type: 'ITEM_STILL_RUNS',
    message: `the child workflow of item ${item} of an earlier load was cancelled and did not end within two minutes`,
    remedy:
      'See that workers run on all queues, or terminate that workflow; then start the load again.',
  })
}
