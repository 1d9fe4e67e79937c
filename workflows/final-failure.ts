import { ApplicationFailure } from '@temporalio/workflow'

export interface FinalFailure {
  /** Its code, of `docs/errors.md`. */
  readonly type: string
  /** What has happened; no data and no secret. */
  readonly message: string
  /** What a person can do. */
  readonly remedy: string
}

/** What a run ends with for good: nobody tries that again. `facts` stand beside the remedy. */
export function finalFailure(
  { type, message, remedy }: FinalFailure,
  facts: object = {},
): ApplicationFailure {
  const details = [{ remedy, ...facts }]
  return ApplicationFailure.create({ type, message, nonRetryable: true, details })
}
