import { CodedError } from './coded-error.ts'

export type CodecServerErrorCode =
  | 'CODEC_TOKEN_WRONG'
  | 'CODEC_ORIGIN_REFUSED'
  | 'CODEC_NAMESPACE_UNKNOWN'
  | 'CODEC_REQUEST_INVALID'
  | 'CODEC_REQUEST_TOO_LARGE'
  | 'CODEC_FAILED'

/** What a codec server refuses, beside what the codec itself throws. */
export class CodecServerError extends CodedError<CodecServerErrorCode> {}
