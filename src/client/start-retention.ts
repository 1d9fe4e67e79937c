import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client'
import { codedFailure } from '../../workflows/coded-failure.ts'
import {
  approveUpdate,
  type retention,
  type RetentionInput,
  type RetentionProgress,
} from '../../workflows/index.ts'
import { runNotFound } from './find-run.ts'
import { listExecutions } from './raw-histories.ts'
import { RunError } from './run-error.ts'

export interface RetentionRequest {
  readonly input: RetentionInput
  readonly taskQueue: string
  /** The client's clock: there is one run a day. */
  readonly now: Date
}

/** Of runs that no schedule starts. */
export function retentionWorkflowId(now: Date): string {
  return `retention/${now.toISOString().slice(0, 10)}`
}

/** Lets a worker look for garbage and sweep it; joins the run of that day where it is under way. */
export async function startRetention(
  client: Client,
  { input, taskQueue, now }: RetentionRequest,
): Promise<{ readonly workflowId: string; readonly joined: boolean }> {
  const workflowId = retentionWorkflowId(now)
  try {
    await client.workflow.start<typeof retention>('retention', {
      workflowId,
      taskQueue,
      args: [input],
      staticSummary: 'reclaims what nothing needs any more',
    })
    return { workflowId, joined: false }
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    return { workflowId, joined: true }
  }
}

/**
 * Approves the plan that waits; of several, the one that is named.
 *
 * @throws RunError RUN_NOT_FOUND, RUN_AMBIGUOUS, GARBAGE_NOT_WAITING
 */
export async function approveRetention(
  client: Client,
  {
    workflowId,
    signal,
  }: { readonly workflowId?: string | undefined; readonly signal: AbortSignal },
): Promise<{ readonly workflowId: string; readonly progress: RetentionProgress }> {
  const named = workflowId ?? (await onlyWaiting(client, signal))
  try {
    const progress = await client.workflow.getHandle(named).executeUpdate(approveUpdate)
    return { workflowId: named, progress }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw runNotFound(named)
    const refusal = codedFailure(error)
    if (refusal?.code !== 'GARBAGE_NOT_WAITING') throw error
    const { message, remedy } = refusal
    throw new RunError('GARBAGE_NOT_WAITING', message, { at: { workflowId: named }, remedy })
  }
}

async function onlyWaiting(client: Client, signal: AbortSignal): Promise<string> {
  const query = `WorkflowType = 'retention' AND ExecutionStatus = 'Running'`
  const found = await Array.fromAsync(
    listExecutions(client, query, signal),
    ({ execution }) => execution?.workflowId ?? '',
  )
  const [workflowId, ...others] = found
  if (workflowId === undefined) {
    throw new RunError('GARBAGE_NOT_WAITING', 'no run that looks for garbage is under way', {
      remedy: 'Start one with `claimcheck retention start`; it says when its plan waits.',
    })
  }
  if (others.length === 0) return workflowId
  throw new RunError(
    'RUN_AMBIGUOUS',
    `${found.length} runs look for garbage: ${found.join(', ')}`,
    {
      remedy: 'Name the one whose plan is meant.',
    },
  )
}
