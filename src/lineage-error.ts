import { CodedError } from '../codec/coded-error.ts'

export type LineageErrorCode =
  | 'LINEAGE_MISSING'
  | 'COLUMN_NOT_FOUND'
  | 'COLUMN_VALUE_INVALID'
  | 'ROW_NOT_FOUND'
  | 'PART_NOT_FOUND'
  | 'BLOB_NOT_PART'

/** What can keep a row from being traced to a blob, or a blob to its rows. */
export class LineageError extends CodedError<LineageErrorCode> {}
