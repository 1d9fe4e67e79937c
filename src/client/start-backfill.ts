import type { Client } from '@temporalio/client'
import type { BackfillInput } from '../../activities/backfill/backfill-input.ts'
import type { backfill, BackfillResult } from '../../workflows/index.ts'
import { endedSince } from './ended-since.ts'
import { planBackfill, type BackfillRequest } from './plan-backfill.ts'
import { runLabels } from './run-labels.ts'
import { startOrJoin, type StartedRun } from './start-or-join.ts'

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
  const started =
    (await endedSince(client, workflowId, since)) ??
    (await start(client, workflowId, input, request.taskQueue))
  const handle = client.workflow.getHandle<typeof backfill>(workflowId, undefined, {
    firstExecutionRunId: started.runId,
  })
  return { ...started, planned, result: () => handle.result() }
}

function start(
  client: Client,
  workflowId: string,
  input: BackfillInput,
  taskQueue: string,
): Promise<StartedRun> {
  const { definition, planned, order, concurrency, range } = input
  const { name: pipeline } = definition
  const partitions = `${workflowId.slice(workflowId.lastIndexOf('/') + 1)}, each ${range.every}`
  return startOrJoin<typeof backfill>(client, {
    type: 'backfill',
    workflowId,
    taskQueue,
    args: [input],
    subject: { pipeline },
    labels: runLabels(`${pipeline} ${partitions}: ${planned} partitions`, {
      pipeline,
      partitions: `${planned}, ${partitions}`,
      order: `${order}, ${concurrency} at once`,
    }),
  })
}
