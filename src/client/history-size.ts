import type { Client } from '@temporalio/client'
import proto from '@temporalio/proto'
import { describeWorkflow } from './find-run.ts'

const { HistoryEventFilterType } = proto.temporal.api.enums.v1

export interface RunHistory {
  readonly runId: string
  readonly bytes: number
  readonly events: number
}

/**
 * The size of each run's history in a chain, from its first run on, as the server counts it. A chain whose
 * first run the server has forgotten is not followed.
 */
export async function chainHistories(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<RunHistory[]> {
  const histories: RunHistory[] = []
  let runId: string | undefined = firstRunId
  while (runId !== undefined) {
    const description = await describeWorkflow(client, workflowId, runId)
    if (description === undefined) break
    const { historySize: bytes = 0, historyLength: events, status } = description
    histories.push({ runId, bytes, events })
    // Of one that runs the server would wait for the end.
    const isContinued = status.name === 'CONTINUED_AS_NEW'
    runId = isContinued ? await nextRun(client, workflowId, runId) : undefined
  }
  return histories
}

/** The run that continued this one, named by its last event. */
async function nextRun(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
  })
  const last = history?.events?.at(-1)
  return last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined
}
