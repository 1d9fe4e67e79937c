import { asyncLocalStorage } from '@temporalio/activity'
import type { SerializationContext } from '@temporalio/common'

/** Where a call of the codec runs, as far as that can be known, and what follows from it. */
export interface CallPlace {
  /** Fields that go out in one message share one. */
  readonly burst: string
  /** How large a payload may be that stays inline there, whatever the settings say. */
  readonly inlineBytes: number
  /** How long the call may take, beside what its bytes need. */
  readonly timeoutMs: number
  /** Whether failing would run an activity's body again. */
  readonly patient: boolean
  /** Fires when the activity is cancelled; undefined where it is already. */
  readonly signal: AbortSignal | undefined
}

export interface Timeouts {
  readonly taskTimeoutMs: number
  readonly activityTimeoutMs: number
}

/** The first is less than the 10 s after which Temporal gives up a workflow task. */
export const defaultTimeouts: Timeouts = { taskTimeoutMs: 8_000, activityTimeoutMs: 60_000 }

/**
 * Results of local activities come one by one and yet go out together, with a workflow task's end;
 * 200 of this size still fit.
 */
const localInlineBytes = 16 * 1024

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
    const inlineBytes = Infinity
    return { burst, inlineBytes, timeoutMs: taskTimeoutMs, patient: false, signal: undefined }
  }
  const { info, cancellationSignal } = activity
  // A timeout that is not set comes as 0.
  const ownTimeoutMs = Math.min(
    info.heartbeatTimeoutMs || Infinity,
    info.startToCloseTimeoutMs || Infinity,
  )
  return {
    burst: `result ${info.base64TaskToken}`,
    inlineBytes: info.isLocal ? localInlineBytes : Infinity,
    timeoutMs: Math.min(activityTimeoutMs, ownTimeoutMs * shareOfTimeout),
    patient: true,
    // A cancelled activity still has a result or a failure to tell; were that refused, an encrypted
    // failure would take the worker down with it.
    signal: cancellationSignal.aborted ? undefined : cancellationSignal,
  }
}
