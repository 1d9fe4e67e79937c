import { CodedError } from '../../codec/index.ts'

export type RunErrorCode =
  | 'RUN_NOT_FOUND'
  | 'RUN_ENDED'
  | 'RUN_NOT_PAUSABLE'
  | 'RUN_WITHOUT_BODY'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PAGE_TOKEN_INVALID'

/** What can go wrong with a run that is asked for by its id, or with a page of runs. */
export class RunError extends CodedError<RunErrorCode> {}
