import { ApplicationFailure, isCancellation, TemporalFailure } from '@temporalio/workflow'

/** What a run ended for, in a word: the code of the failure at the bottom, or that it was cancelled. */
export function failureCode(error: unknown): string | undefined {
  if (isCancellation(error)) return 'CANCELLED'
  if (error instanceof ApplicationFailure) return error.type ?? undefined
  return error instanceof TemporalFailure ? failureCode(error.cause) : undefined
}
