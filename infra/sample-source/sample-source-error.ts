import { CodedError } from '../../codec/coded-error.ts'

export type SampleSourceErrorCode =
  | 'SAMPLE_DATA_MISSING'
  | 'SAMPLE_REQUEST_INVALID'
  | 'SAMPLE_REQUEST_TOO_LARGE'

/** What can go wrong in the sample source, before or while it serves. */
export class SampleSourceError extends CodedError<SampleSourceErrorCode> {}
