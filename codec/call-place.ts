import { asyncLocalStorage } from '@temporalio/activity'
import type { SerializationContext } from '@temporalio/common'

/** Where a call of the codec runs, as far as that can be known, and what follows from it. */
export interface CallPlace {
  /** Fields that go out in one message share one. */
  readonly burst: string
  /** How long the call may take, beside what its bytes need. */
  readonly timeoutMs: number
  /** Whether failing would run an activity's body again. */
  readonly patient: boolean
  readonly signal: AbortSignal | undefined
}

export interface Timeouts {
  readonly taskTimeoutMs: number
  readonly activityTimeoutMs: number
}

/** The first is less than the 10 s after which Temporal gives up a workflow task. */
export const defaultTimeouts: Timeouts = { taskTimeoutMs: 8_000, activityTimeoutMs: 60_000 }

/** Of an activity's own timeouts; the rest is for its failure to be told in time. */
const shareOfTimeout = 0.8

/**
 * Temporal's context does not say who asks: a worker encodes an activity's arguments and its result
 * under equal contexts. But inside an activity (its result, its failure, its heartbeats, a client it
 * uses) its own async context is there; anywhere else, a workflow task may be waiting.
 */
export function placeOfCall(
  context: SerializationContext | undefined,
  { taskTimeoutMs, activityTimeoutMs }: Timeouts,
): CallPlace {
  const activity = asyncLocalStorage.getStore()
  if (activity === undefined) {
    const isActivity = context?.type === 'activity'
    const burst = isActivity ? `activity ${context.workflowId ?? ''}` : 'other'
    return { burst, timeoutMs: taskTimeoutMs, patient: false, signal: undefined }
  }
  const { info, cancellationSignal } = activity
  const ownTimeoutMs = Math.min(info.heartbeatTimeoutMs ?? Infinity, info.startToCloseTimeoutMs)
  return {
    burst: `result ${info.base64TaskToken}`,
    timeoutMs: Math.min(activityTimeoutMs, ownTimeoutMs * shareOfTimeout),
    patient: true,
    signal: cancellationSignal,
  }
}
