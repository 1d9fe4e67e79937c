import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
} from '@temporalio/workflow'

/** Waits until what signals have set off is over; a run must not end, or go on as a new one, before. */
export async function allHandled(): Promise<void> {
  if (allHandlersFinished()) return
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished))
}

/**
 * Waits likewise before a run goes on as a new one. That one would not know that this one was cancelled,
 * which nothing shows where what was under way has ended well all the same.
 *
 * @throws CancelledFailure
 */
export async function readyToGoOn(): Promise<void> {
  await allHandled()
  if (CancellationScope.current().consideredCancelled) {
    throw new CancelledFailure('the run was cancelled')
  }
}
