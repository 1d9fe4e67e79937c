import { Context } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { CodedError } from '../codec/index.ts'
import { EndpointError } from './endpoint-error.ts'
import { PipelineError } from './pipeline-error.ts'
import type { Attempt } from './activity-ports.ts'

/** Often enough for the shortest heartbeat timeout in `workflows/proxies.ts`. */
const heartbeatIntervalMs = 2_000

/**
 * Runs one attempt of an activity: heartbeats while it works, hands it the cancellation signal, and
 * turns coded errors into failures that a workflow and a client can read.
 */
export async function runAttempt<T>(work: (attempt: Attempt) => Promise<T>): Promise<T> {
  const context = Context.current()
  const beating = setInterval(() => context.heartbeat(), heartbeatIntervalMs)
  const signal = context.cancellationSignal
  try {
    const { namespace, workflowExecution, currentAttemptScheduledTimestampMs } = context.info
    return await work({
      signal,
      namespace,
      workflowId: workflowExecution?.workflowId,
      scheduledAt: new Date(currentAttemptScheduledTimestampMs),
    })
  } catch (error) {
    if (signal.aborted) throw new CancelledFailure('the attempt was cancelled')
    throw toFailure(error instanceof CodedError ? error : unexpected(context, error))
  } finally {
    clearInterval(beating)
  }
}

/** What a failure of ours carries in its details: enough to tell a person what to do. */
export interface FailureDetails {
  readonly remedy: string
}

/** A library's message may quote data or a secret: it goes to the log of this machine only. */
function unexpected(context: Context, cause: unknown): PipelineError {
  context.log.error('an activity failed unexpectedly', { error: cause })
  const name = cause instanceof Error ? cause.name : typeof cause
  return new PipelineError('UNEXPECTED_ERROR', `an activity failed unexpectedly (${name})`, {
    remedy: 'The log of the worker says more.',
    retryable: true,
    cause,
  })
}

function toFailure(error: CodedError): ApplicationFailure {
  const details: FailureDetails = { remedy: error.remedy }
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !error.retryable,
    nextRetryDelay: error instanceof EndpointError ? error.retryAfterMs : undefined,
    details: [details],
  })
}
