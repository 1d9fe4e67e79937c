import { CodedError } from '../codec/coded-error.ts'

export type StackErrorCode =
  | 'STACK_BUSY'
  | 'STACK_DIFFERS'
  | 'STACK_SERVER_FAILED'
  | 'STACK_SERVER_MISSING'
  | 'STACK_SERVER_UNREACHABLE'
  | 'STACK_SETTING_INVALID'
  | 'STACK_SETTING_MISSING'
  | 'STACK_STOPPED'

/** What can go wrong while the three servers are found, started, watched or stopped. */
export class StackError extends CodedError<StackErrorCode> {}
