import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import type { RunFailure } from '../../workflows/coded-failure.ts'
import { chainHistories, type RunHistory } from './history-size.ts'
import { findRun, firstRunId } from './find-run.ts'
import { loadFailure } from './load-failure.ts'
import { queryProgress } from './query-progress.ts'
import { runPending, type PendingActivity, type WorkflowTaskTrouble } from './run-pending.ts'
import { runState, type RunState } from './run-types.ts'

/** What a person wants to know of a run. Times are RFC 3339. */
export interface RunView {
  readonly workflowId: string
  /** The first run of the chain. */
  readonly runId: string
  readonly latestRunId: string
  readonly type: string
  readonly state: RunState
  readonly startedAt: string
  readonly closedAt?: string | undefined
  /** What the `progress` query answers, while a worker can. */
  readonly progress?: unknown
  /** Of a run that has not ended. */
  readonly pendingActivities?: readonly PendingActivity[] | undefined
  /** Where workers cannot go on with the run, and try again and again. */
  readonly workflowTask?: WorkflowTaskTrouble | undefined
  /** Of a run that has completed. */
  readonly result?: unknown
  /** Of a run that has ended otherwise. */
  readonly failure?: RunFailure | undefined
  /** Of the latest run of the chain. */
  readonly historyBytes: number
  readonly historyEvents: number
}

/** @throws RunError RUN_NOT_FOUND */
export async function showRun(client: Client, workflowId: string): Promise<RunView> {
  const description = await findRun(client, workflowId)
  const { type, startTime, closeTime, historySize = 0, historyLength } = description
  const state = runState(description.status.code)
  const view = {
    workflowId,
    runId: firstRunId(description),
    latestRunId: description.runId,
    type,
    state,
    startedAt: startTime.toISOString(),
    closedAt: closeTime?.toISOString(),
    historyBytes: historySize,
    historyEvents: historyLength,
  }
  if (closeTime !== undefined) return { ...view, ...(await endOf(client, description)) }
  const pending = await runPending(client, description)
  const { activities: pendingActivities, workflowTask } = pending
  // A call has no such query.
  const progress =
    type === 'callEndpoint'
      ? undefined
      : await queryProgress<unknown>(client, workflowId, 'progress', pending)
  return { ...view, progress, pendingActivities, workflowTask }
}

/**
 * The size of the history of each run in the chain; of the latest one alone, where the first ones are
 * forgotten.
 *
 * @throws RunError RUN_NOT_FOUND
 */
export async function showHistories(client: Client, workflowId: string): Promise<RunHistory[]> {
  const latest = await findRun(client, workflowId)
  const { runId, historySize: bytes = 0, historyLength: events } = latest
  const histories = await chainHistories(client, workflowId, firstRunId(latest))
  return histories.length > 0 ? histories : [{ runId, bytes, events }]
}

async function endOf(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<Pick<RunView, 'result' | 'failure'>> {
  const handle = client.workflow.getHandle(workflowId, runId, { followRuns: false })
  try {
    return { result: await handle.result() }
  } catch (error) {
    const { code, message, remedy } = loadFailure(error, workflowId)
    return { failure: { code, message, remedy } }
  }
}
