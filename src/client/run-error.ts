import { CodedError } from '../../codec/coded-error.ts'

export type RunErrorCode =
  | 'RUN_NOT_FOUND'
  | 'RUN_ENDED'
  | 'RUN_NOT_PAUSABLE'
  | 'RUN_WITHOUT_BODY'
  | 'RUN_WITHOUT_CONCURRENCY'
  | 'RUN_AMBIGUOUS'
  | 'ATTEMPT_TIMED_OUT'
  | 'WORKFLOW_CHANGED'
  | 'WORKFLOW_TASK_FAILED'
  | 'WORKFLOW_TASK_TIMED_OUT'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PAGE_TOKEN_INVALID'
  | 'LISTING_CUT_SHORT'
  | 'GARBAGE_NOT_WAITING'

/** What can go wrong with a run that is asked for by its id, or with a page of runs. */
export class RunError extends CodedError<RunErrorCode> {}
