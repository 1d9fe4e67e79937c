import type { Client } from '@temporalio/client'
import { describeWorkflow, firstRunId } from './find-run.ts'
import type { StartedRun } from './start-or-join.ts'

/**
 * The run of an earlier try, which nobody was told of, where it has ended meanwhile; undefined where
 * there is none.
 *
 * @param since When that try was made; undefined of a first one.
 */
export async function endedSince(
  client: Client,
  workflowId: string,
  since: Date | undefined,
): Promise<StartedRun | undefined> {
  if (since === undefined) return undefined
  const found = await describeWorkflow(client, workflowId)
  if (found?.closeTime === undefined || found.closeTime < since) return undefined
  return { workflowId, runId: firstRunId(found), joined: found.startTime < since }
}
