import { CodedError } from '../codec/coded-error.ts'

export type PipelineErrorCode =
  | 'SOURCE_UNREACHABLE'
  | 'SOURCE_REFUSED'
  | 'SOURCE_HOST_REFUSED'
  | 'SOURCE_MALFORMED'
  | 'SOURCE_SETTING_MISSING'
  | 'SOURCE_SETTING_INVALID'
  | 'PAGE_TOO_LARGE'
  | 'CURSOR_REPEATED'
  | 'PAGE_REPEATED'
  | 'PAGE_LIMIT_EXCEEDED'
  | 'NEXT_LINK_REFUSED'
  | 'OBJECT_UNREADABLE'
  | 'OBJECT_DAMAGED'
  | 'CONVERSION_FAILED'
  | 'REJECT_LIMIT_EXCEEDED'
  | 'ROWS_LOST'
  | 'TARGET_UNREACHABLE'
  | 'TARGET_DENIED'
  | 'TARGET_NOT_WRITABLE'
  | 'TARGET_MISMATCH'
  | 'TARGET_BUSY'
  | 'TARGET_FAILED'
  | 'UNEXPECTED_ERROR'

/** What can go wrong between a source and a target. */
export class PipelineError extends CodedError<PipelineErrorCode> {}
