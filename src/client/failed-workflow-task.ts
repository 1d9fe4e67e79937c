import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import proto from '@temporalio/proto'
import type { RunFailure } from '../../workflows/coded-failure.ts'
import { RunError } from './run-error.ts'

type Failure = proto.temporal.api.failure.v1.IFailure

const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1

/** The event of a failure stands at the end of the history, before the attempts that Temporal does not write down. */
const lastEvents = 10

/**
 * Why the workflow task of a run has failed, by the end of its history.
 *
 * @param read Reads a failure with the keys that are here.
 */
export async function failedWorkflowTask(
  client: Client,
  { workflowId, runId }: Pick<WorkflowExecutionDescription, 'workflowId' | 'runId'>,
  read: (failure: Failure) => Promise<RunFailure>,
): Promise<RunFailure> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: lastEvents,
  })
  for (const event of history?.events ?? []) {
    const { workflowTaskTimedOutEventAttributes: timedOut } = event
    if (timedOut) return shown(taskTimedOut())
    const { workflowTaskFailedEventAttributes: failed } = event
    if (!failed) continue
    const failure = failed.failure ? await read(failed.failure) : undefined
    const message = (failure?.message ?? '').split('\n', 1)[0] ?? ''
    if (failed.cause === WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR)
      return shown(workflowChanged(message))
    return shown(taskFailed(message))
  }
  return shown(taskFailed('it is tried again and again'))
}

const goesOn = 'Mend the workers: the run then goes on by itself.'

function taskTimedOut(): RunError {
  return new RunError(
    'WORKFLOW_TASK_TIMED_OUT',
    'a worker took a workflow task and did not answer',
    {
      remedy: `It has ended, or is too busy: look at its log. ${goesOn}`,
    },
  )
}

function workflowChanged(message: string): RunError {
  return new RunError('WORKFLOW_CHANGED', `the workers have other code than the run: ${message}`, {
    remedy:
      'Start workers of the version that began the run; or terminate it in the Temporal UI and start it again.',
  })
}

function taskFailed(message: string): RunError {
  return new RunError('WORKFLOW_TASK_FAILED', `the workers cannot go on with the run: ${message}`, {
    remedy: `Look at the log of a worker. ${goesOn}`,
  })
}

function shown({ code, message, remedy }: RunError): RunFailure {
  return { code, message, remedy }
}
