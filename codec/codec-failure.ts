import { ApplicationFailure, type SerializationContext } from '@temporalio/common'
import { ClaimCheckError } from './claim-check-error.ts'

/**
 * The error as Temporal best takes it.
 *
 * On an activity's path it becomes an `ApplicationFailure` whose type is the code. There a plain
 * error while a result is encoded makes the activity's body run again, for ever; where a retry
 * cannot help, the failure is non-retryable and the activity fails once, with this message.
 *
 * Elsewhere it stays: in a client it reaches the caller, and in a workflow any error fails the
 * workflow *task*, which Temporal tries again until the store or the blob is back.
 */
export function toCodecFailure(error: unknown, context: SerializationContext | undefined): unknown {
  return context?.type === 'activity' ? toActivityFailure(error) : error
}

/** The same for what surely happened in an activity. */
export function toActivityFailure(error: unknown): unknown {
  if (!(error instanceof ClaimCheckError)) return error
  return ApplicationFailure.create({
    message: `${error.message}. ${error.remedy}`,
    type: error.code,
    nonRetryable: !error.retryable,
    cause: error,
  })
}
