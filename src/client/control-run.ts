import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import { findRun, firstRunId } from './find-run.ts'
import { RunError } from './run-error.ts'
import { isPausable, runState, type RunState } from './run-types.ts'

export const RUN_CONTROLS = ['pause', 'resume', 'cancel'] as const

export type RunControl = (typeof RUN_CONTROLS)[number]

/**
 * Pauses a run at its next boundary, lets it go on, or cancels it: asked of the chain that runs now, and
 * done when the run comes to it. Answers which chain was asked.
 *
 * @throws RunError RUN_NOT_FOUND, RUN_ENDED, RUN_NOT_PAUSABLE
 */
export async function controlRun(
  client: Client,
  workflowId: string,
  control: RunControl,
): Promise<{ readonly workflowId: string; readonly runId: string }> {
  const description = await findRun(client, workflowId)
  const state = runState(description.status.code)
  if (description.closeTime !== undefined) throw runEnded(workflowId, control, state)
  if (control !== 'cancel' && !isPausable(description.type)) {
    throw new RunError('RUN_NOT_PAUSABLE', `A run of ${description.type} cannot be paused`, {
      at: { run: workflowId },
      remedy: 'Pause the run that it belongs to, or cancel it.',
    })
  }
  const runId = firstRunId(description)
  const handle = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: runId })
  try {
    if (control === 'cancel') await handle.cancel()
    else await handle.signal(control)
  } catch (error) {
    // It ended between the two questions.
    if (error instanceof WorkflowNotFoundError) throw runEnded(workflowId, control, 'completed')
    throw error
  }
  return { workflowId, runId }
}

function runEnded(workflowId: string, control: RunControl, state: RunState): RunError {
  return new RunError(
    'RUN_ENDED',
    `The run has ended (${state}): it is too late to ${control} it`,
    {
      at: { run: workflowId },
      remedy: 'Start it again, if it is wanted again.',
    },
  )
}
