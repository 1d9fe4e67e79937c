import type { Client } from '@temporalio/client'
import { parsePartition } from '../pipeline/partition.ts'
import { describeWorkflow, firstRunId } from './find-run.ts'
import type { StartedRun } from './start-call.ts'
import { loadWorkflowId, startLoad, type LoadRequest } from './start-load.ts'

/**
 * Starts the load of a partition, or joins the one that runs already.
 *
 * @param since When this was asked for the first time, without an answer: the run of another
 * try, which has ended since, is taken for the one that was asked for.
 * @throws CommandError PARTITION_INVALID
 */
export async function startLoadSince(
  client: Client,
  request: LoadRequest,
  since: Date | undefined,
): Promise<StartedRun> {
  if (since !== undefined) {
    const { name } = parsePartition(request.partition, request.definition.schedule?.timezone)
    const workflowId = loadWorkflowId({ ...request, partition: name })
    const found = await describeWorkflow(client, workflowId)
    if (found?.closeTime !== undefined && found.closeTime >= since) {
      return { workflowId, runId: firstRunId(found), joined: found.startTime < since }
    }
  }
  const { workflowId, firstExecutionRunId: runId, joined } = await startLoad(client, request)
  return { workflowId, runId, joined }
}
