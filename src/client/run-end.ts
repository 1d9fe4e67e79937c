import { WorkflowFailedError, type Client } from '@temporalio/client'
import type { RunChain, RunEnd } from '../../activities/index.ts'
import { codedFailure, uncodedFailure } from '../../workflows/coded-failure.ts'
import { describeWorkflow, firstRunId } from './find-run.ts'

/** How a chain of runs ended; undefined of one that still goes on. */
export async function runEnd(client: Client, chain: RunChain): Promise<RunEnd | undefined> {
  const found = await describeWorkflow(client, chain.workflowId)
  // Where another one has its id, it has ended; how is not to be had without knowing its last run.
  if (found === undefined || firstRunId(found) !== chain.firstRunId) {
    return { kind: 'lost', how: 'gone' }
  }
  const handle = client.workflow.getHandle(chain.workflowId, found.runId)
  switch (found.status.name) {
    case 'COMPLETED':
      return { kind: 'completed', result: await handle.result() }
    case 'FAILED':
      return handle.result().then(
        (result) => ({ kind: 'completed', result }),
        (error: unknown) => failedEnd(error),
      )
    case 'CANCELLED':
      return { kind: 'cancelled' }
    case 'TERMINATED':
      return { kind: 'lost', how: 'terminated' }
    case 'TIMED_OUT':
      return { kind: 'lost', how: 'timed out' }
    default:
      return undefined
  }
}

/** Where it could not be learnt why, since the server was away say, it is asked again later. */
function failedEnd(error: unknown): RunEnd {
  if (!(error instanceof WorkflowFailedError)) throw error
  return { kind: 'failed', ...(codedFailure(error) ?? uncodedFailure) }
}
