import { WorkflowFailedError } from '@temporalio/client'
import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common'
import { CodedError } from '../../codec/index.ts'
import { CommandError } from '../command-error.ts'

/** A failure that a run ended with: its code is the one that the failing room gave it. */
class LoadFailure extends CodedError {}

/** The innermost failure of a run, with the code and remedy it was given where it happened. */
export function loadFailure(error: unknown, workflowId: string): CodedError {
  const at = { run: workflowId }
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure && typeof cause.type === 'string') {
      return new LoadFailure(cause.type, cause.message, {
        remedy: remedyOf(cause),
        cause: error,
        at,
      })
    }
  }
  const how = endOf(error)
  return new CommandError('RUN_FAILED', `the run ${how}`, {
    remedy: 'Look at the run in the Temporal UI; what was landed is used by the next one.',
    at,
    cause: error,
  })
}

function remedyOf({ details }: ApplicationFailure): string {
  const [first] = Array.isArray(details) ? details : []
  if (typeof first === 'object' && first !== null && 'remedy' in first) return String(first.remedy)
  return 'Look at the run in the Temporal UI.'
}

function endOf(error: unknown): string {
  const cause = error instanceof WorkflowFailedError ? error.cause : error
  if (cause instanceof CancelledFailure) return 'was cancelled'
  if (cause instanceof TerminatedFailure) return 'was terminated'
  if (cause instanceof TimeoutFailure) return 'timed out'
  return 'failed'
}
