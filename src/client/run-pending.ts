import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import { TimeoutFailure } from '@temporalio/common'
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js'
import proto from '@temporalio/proto'
import { codedFailure, type RunFailure } from '../../workflows/coded-failure.ts'
import { RunError } from './run-error.ts'
import { failedWorkflowTask } from './failed-workflow-task.ts'
import { timeOf, type Timestamp } from './time-of.ts'

type Failure = proto.temporal.api.failure.v1.IFailure

const { PendingActivityState } = proto.temporal.api.enums.v1

/** An activity that is under way, or waits for its next attempt. Times are RFC 3339. */
export interface PendingActivity {
  readonly type: string
  readonly attempt: number
  /** Absent where there is no bound. */
  readonly maximumAttempts?: number | undefined
  readonly state: 'waiting' | 'running' | 'cancelling' | 'paused'
  /** When the attempt that runs has started, or the last one did. */
  readonly startedAt?: string | undefined
  readonly heartbeatAt?: string | undefined
  /** Of one that waits to be tried again. */
  readonly nextAttemptAt?: string | undefined
  /** Of the attempt before. */
  readonly lastFailure?: RunFailure | undefined
}

/** A workflow task that fails again and again: the run does nothing until that is mended. */
export interface WorkflowTaskTrouble extends RunFailure {
  readonly attempt: number
}

/** What a run waits for on the side of its workers. */
export interface RunPending {
  readonly activities: readonly PendingActivity[]
  readonly workflowTask?: WorkflowTaskTrouble | undefined
}

/** Looks at what is under way in a run, and at what fails there: no worker is needed for that. */
export async function runPending(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<RunPending> {
  const { pendingActivities, pendingWorkflowTask } = description.raw
  const read = (failure: Failure): Promise<RunFailure> => readFailure(client, failure)
  const activities = (pendingActivities ?? []).map(async (info): Promise<PendingActivity> => {
    const { lastFailure, attempt, maximumAttempts, activityType } = info
    const state = stateOf(info.state)
    return {
      type: activityType?.name ?? '',
      attempt: attempt ?? 1,
      maximumAttempts: maximumAttempts || undefined,
      state,
      startedAt: timeOf(info.lastStartedTime),
      heartbeatAt: timeOf(info.lastHeartbeatTime),
      nextAttemptAt: state === 'waiting' ? timeOf(nextTime(info)) : undefined,
      lastFailure: lastFailure ? await read(lastFailure) : undefined,
    }
  })
  const attempt = pendingWorkflowTask?.attempt ?? 1
  return {
    activities: await Promise.all(activities),
    workflowTask:
      attempt > 1
        ? { attempt, ...(await failedWorkflowTask(client, description, read)) }
        : undefined,
  }
}

function nextTime(info: {
  readonly nextAttemptScheduleTime?: Timestamp
  readonly scheduledTime?: Timestamp
}): Timestamp {
  return info.nextAttemptScheduleTime ?? info.scheduledTime
}

function stateOf(state: number | null | undefined): PendingActivity['state'] {
  if (state === PendingActivityState.PENDING_ACTIVITY_STATE_STARTED) return 'running'
  if (state === PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED) return 'cancelling'
  const isPaused =
    state === PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED ||
    state === PendingActivityState.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED
  return isPaused ? 'paused' : 'waiting'
}

/** A failure as it stands in Temporal: encrypted perhaps, and perhaps with a key that is not here. */
async function readFailure(client: Client, failure: Failure): Promise<RunFailure> {
  const { loadedDataConverter } = client.options
  const error = await decodeOptionalFailureToOptionalError(loadedDataConverter, failure).catch(
    () => undefined,
  )
  const coded = codedFailure(error)
  if (coded !== undefined) return coded
  if (error instanceof TimeoutFailure || failure.timeoutFailureInfo) return attemptTimedOut()
  return {
    code: failure.applicationFailureInfo?.type || 'UNEXPECTED_ERROR',
    message: error?.message ?? failure.message ?? '',
    remedy: 'Look at the run in the Temporal UI, and in the log of the worker.',
  }
}

function attemptTimedOut(): RunFailure {
  const { code, message, remedy } = new RunError(
    'ATTEMPT_TIMED_OUT',
    'the attempt ended without a word',
    { remedy: 'Its worker has ended, or hangs: the next attempt is made by any worker.' },
  )
  return { code, message, remedy }
}
