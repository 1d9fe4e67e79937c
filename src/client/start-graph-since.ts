import type { Client } from '@temporalio/client'
import { endedSince } from './ended-since.ts'
import type { StartedRun } from './start-or-join.ts'
import { graphWorkflowId, startGraph, type GraphRequest } from './start-graph.ts'

/**
 * Starts a graph, or joins the one that runs already.
 *
 * @param since As of `startLoadSince`.
 * @throws CommandError PARTITION_INVALID
 */
export async function startGraphSince(
  client: Client,
  request: GraphRequest,
  since: Date | undefined,
): Promise<StartedRun> {
  const ended = await endedSince(client, graphWorkflowId(request), since)
  if (ended !== undefined) return ended
  const { workflowId, runId, joined } = await startGraph(client, request)
  return { workflowId, runId, joined }
}
