import { Context } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { CodedError } from '../codec/index.ts'
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
    return await work({ signal })
  } catch (error) {
    if (signal.aborted) throw new CancelledFailure('the attempt was cancelled')
    throw error instanceof CodedError ? toFailure(error) : error
  } finally {
    clearInterval(beating)
  }
}

/** What a failure of ours carries in its details: enough to tell a person what to do. */
export interface FailureDetails {
  readonly remedy: string
}

function toFailure(error: CodedError): ApplicationFailure {
  const details: FailureDetails = { remedy: error.remedy }
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !error.retryable,
    details: [details],
  })
}
