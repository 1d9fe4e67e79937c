import { workflowInfo } from '@temporalio/workflow'

/** Keeps the history of a run that takes on one thing after the other under 1 MB. */
export const longHistoryBytes = 700_000

/** Whether the history of this run has grown so long that it is to go on as a new one. */
export function isHistoryLong(): boolean {
  const { continueAsNewSuggested, historySize } = workflowInfo()
  return continueAsNewSuggested || historySize >= longHistoryBytes
}
