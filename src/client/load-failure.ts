import { WorkflowFailedError } from '@temporalio/client'
import {
  ActivityFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common'
import { CodedError } from '../../codec/coded-error.ts'
import { codedFailure } from '../../workflows/coded-failure.ts'
import { CommandError } from '../command-error.ts'

/** A failure that a run ended with: its code is the one that the failing room gave it. */
class LoadFailure extends CodedError {}

/**
 * Why waiting for a run ended without a result: what a run that failed was ended by, with the code and
 * remedy it was given where it happened; or that the run, which goes on, could not be followed.
 */
export function loadFailure(error: unknown, workflowId: string): CodedError {
  const at = { run: workflowId }
  if (error instanceof CodedError) return error
  if (!(error instanceof WorkflowFailedError)) {
    return new CommandError('TEMPORAL_UNREACHABLE', 'the run could not be followed to its end', {
      remedy: 'It goes on by itself; start the same command again to join it.',
      at,
      cause: error,
    })
  }
  const coded = codedFailure(error)
  if (coded !== undefined) {
    const { code, message, remedy } = coded
    return new LoadFailure(code, message, { remedy, cause: error, at })
  }
  const how = endOf(error)
  return new CommandError('RUN_FAILED', `the run ${how}`, {
    remedy: 'Look at the run in the Temporal UI; what was landed is used by the next one.',
    at,
    cause: error,
  })
}

function endOf(error: WorkflowFailedError): string {
  const cause = error.cause instanceof ActivityFailure ? error.cause.cause : error.cause
  if (cause instanceof CancelledFailure) return 'was cancelled'
  if (cause instanceof TerminatedFailure) return 'was terminated'
  if (cause instanceof TimeoutFailure) return 'timed out'
  return 'failed'
}
