import type { Client } from '@temporalio/client'
import proto from '@temporalio/proto'

const { HistoryEventFilterType } = proto.temporal.api.enums.v1

export interface RunHistory {
  readonly runId: string
  readonly bytes: number
  readonly events: number
}

/** The size of each run's history in a chain, from its first run on, as the server counts it. */
export async function chainHistories(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<RunHistory[]> {
  const histories: RunHistory[] = []
  let runId: string | undefined = firstRunId
  while (runId !== undefined) {
    const handle = client.workflow.getHandle(workflowId, runId)
    const description = await handle.describe()
    histories.push({
      runId,
      bytes: description.historySize ?? 0,
      events: description.historyLength,
    })
    runId = await nextRun(client, workflowId, runId)
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
