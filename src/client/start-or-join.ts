import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client'
import type { Workflow } from '@temporalio/common'
import { firstRunId } from './find-run.ts'
import type { RunLabels } from './run-labels.ts'
import { startWithAttributes, type RunSubject } from './search-attributes.ts'

export interface StartedRun {
  readonly workflowId: string
  /**
   * Of the first run of the chain: those that continue it, as new or after a failure, have ids of their
   * own. Temporal calls it `firstExecutionRunId` where an id of any run could be meant.
   */
  readonly runId: string
  /** Whether it ran already when it was first asked for. */
  readonly joined: boolean
}

export interface RunToStart<Type extends Workflow> {
  /** The name of the workflow. */
  readonly type: string
  readonly workflowId: string
  readonly taskQueue: string
  readonly args: Parameters<Type>
  readonly subject: RunSubject
  readonly labels: RunLabels
}

/** Starts a run, or joins the one of its id that runs already; one that has ended is in nobody's way. */
export async function startOrJoin<Type extends Workflow>(
  client: Client,
  { type, workflowId, taskQueue, args, subject, labels }: RunToStart<Type>,
): Promise<StartedRun> {
  try {
    const { firstExecutionRunId: runId } = await startWithAttributes(
      client,
      subject,
      (typedSearchAttributes) =>
        client.workflow.start(type, {
          workflowId,
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          taskQueue,
          args: [...args],
          typedSearchAttributes,
          ...labels,
        }),
    )
    return { workflowId, runId, joined: false }
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    const runId = firstRunId(await client.workflow.getHandle(workflowId).describe())
    return { workflowId, runId, joined: true }
  }
}
