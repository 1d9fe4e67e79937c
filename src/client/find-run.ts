import {
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client'
import { RunError } from './run-error.ts'
import { isRunType } from './run-types.ts'

/**
 * The latest run of that workflow id, as the server has it.
 *
 * @throws RunError RUN_NOT_FOUND, of workflows that are no runs of ours too
 */
export async function findRun(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription> {
  const description = await describeWorkflow(client, workflowId)
  if (description === undefined || !isRunType(description.type)) throw runNotFound(workflowId)
  return description
}

/** The first run of the chain: the id that a run keeps when it continues as new. */
export function firstRunId({ raw, runId }: WorkflowExecutionDescription): string {
  return raw.workflowExecutionInfo?.firstRunId ?? runId
}

/** Of an id, in UTF-8: Temporal refuses to look for more, and for nothing. */
const mostIdBytes = 1000

/** A run of a workflow id, by default the latest one; undefined where there is none. */
export async function describeWorkflow(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | undefined> {
  if (workflowId === '' || Buffer.byteLength(workflowId) > mostIdBytes) return undefined
  try {
    return await client.workflow.getHandle(workflowId, runId).describe()
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}

export function runNotFound(workflowId: string): RunError {
  return new RunError('RUN_NOT_FOUND', 'There is no such run', {
    at: { run: JSON.stringify(workflowId.slice(0, 200)) },
    remedy: 'Look at the list of runs; those that have ended are kept for a time only.',
  })
}
