import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow'

/** Waits until what signals have set off is over; a run must not end, or go on as a new one, before. */
export async function allHandled(): Promise<void> {
  if (allHandlersFinished()) return
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished))
}
