import type { ErrorPlace } from '../../codec/coded-error.ts'
import { PipelineError } from '../pipeline-error.ts'

/** LANDING_INCOMPLETE, of a run that may read nothing but its landing. @param message What is not there. */
export function landingIncomplete(message: string, at: ErrorPlace): PipelineError {
  return new PipelineError('LANDING_INCOMPLETE', message, {
    at,
    remedy:
      'Load the partition from its source instead, with `claimcheck run`; `format` and `next` of the pipeline must be those that it was landed with.',
  })
}
