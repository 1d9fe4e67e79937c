import type { Client } from '@temporalio/client'
import { endedSince } from './ended-since.ts'
import type { StartedRun } from './start-or-join.ts'
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
  const ended = await endedSince(client, loadWorkflowId(request), since)
  if (ended !== undefined) return ended
  const { workflowId, runId, joined } = await startLoad(client, request)
  return { workflowId, runId, joined }
}
