import { CancellationScope, CancelledFailure, isCancellation, patched } from '@temporalio/workflow'

/**
 * What a run ends with where something has failed. One that was cancelled ends as that, also where an
 * activity that was under way then failed of its own accord: nobody is to look for what is wrong.
 */
export function failureOfRun(error: unknown): unknown {
  if (isCancellation(error) || !CancellationScope.current().consideredCancelled) return error
  // Runs that an earlier version ended have ended with what the activity had failed with.
  return patched('cancelled-stays-cancelled')
    ? new CancelledFailure('the run was cancelled')
    : error
}
