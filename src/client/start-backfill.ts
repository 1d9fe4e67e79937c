import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client'
import type { BackfillInput } from '../../activities/backfill/backfill-input.ts'
import type { backfill, BackfillResult } from '../../workflows/index.ts'
import { endedSince } from './ended-since.ts'
import { firstRunId } from './find-run.ts'
import { planBackfill, type BackfillRequest } from './plan-backfill.ts'
import { runLabels } from './run-labels.ts'
import { startWithAttributes } from './search-attributes.ts'
import type { StartedRun } from './start-call.ts'

export interface BackfillHandle extends StartedRun {
  /** How many partitions there are; of one that was joined, as many as it was asked for now. */
  readonly planned: number
  /** Waits for the end of the chain. */
  result(): Promise<BackfillResult>
}

/**
 * Starts the backfill of a range of partitions, or joins the one of that range that runs already: it
 * then goes on as it was asked for.
 *
 * @param since As of `startLoadSince`.
 * @throws CommandError PARTITION_INVALID, BACKFILL_INVALID
 */
export async function startBackfill(
  client: Client,
  request: BackfillRequest,
  since?: Date,
): Promise<BackfillHandle> {
  const { workflowId, input } = planBackfill(request)
  const { planned } = input
  const follow = (started: StartedRun): BackfillHandle => {
    const firstExecutionRunId = started.runId
    const handle = client.workflow.getHandle<typeof backfill>(workflowId, undefined, {
      firstExecutionRunId,
    })
    return { ...started, planned, result: () => handle.result() }
  }
  const ended = await endedSince(client, workflowId, since)
  if (ended !== undefined) return follow(ended)
  try {
    const runId = await start(client, workflowId, input, request.taskQueue)
    return follow({ workflowId, runId, joined: false })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    const runId = firstRunId(await client.workflow.getHandle(workflowId).describe())
    return follow({ workflowId, runId, joined: true })
  }
}

async function start(
  client: Client,
  workflowId: string,
  input: BackfillInput,
  taskQueue: string,
): Promise<string> {
  const { definition, planned, order, concurrency, range } = input
  const { name: pipeline } = definition
  const partitions = `${workflowId.slice(workflowId.lastIndexOf('/') + 1)}, each ${range.every}`
  const { firstExecutionRunId } = await startWithAttributes(
    client,
    { pipeline },
    (typedSearchAttributes) =>
      client.workflow.start<typeof backfill>('backfill', {
        workflowId,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        taskQueue,
        args: [input],
        typedSearchAttributes,
        ...runLabels(`${pipeline} ${partitions}: ${planned} partitions`, {
          pipeline,
          partitions: `${planned}, ${partitions}`,
          order: `${order}, ${concurrency} at once`,
        }),
      }),
  )
  return firstExecutionRunId
}
