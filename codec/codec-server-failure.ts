import { CodecServerError } from './codec-server-error.ts'
import { CodedError } from './coded-error.ts'

/** An error that has no code may quote data: it becomes one that tells nothing of it. */
export function toCodedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  return new CodecServerError('CODEC_FAILED', 'The codec failed', {
    remedy: 'The log of the codec server has the detail.',
    cause: error,
  })
}

/** What a person reads of it. */
export function reasonOf({ code, message, remedy }: CodedError): string {
  return `${code}: ${message}. ${remedy}`
}

/** 503 where trying again can help, which clients do by themselves; else something final. */
export function statusOf({ code, retryable }: CodedError): number {
  return retryable ? 503 : (statuses[code] ?? 422)
}

const statuses: Readonly<Record<string, number>> = {
  CODEC_TOKEN_WRONG: 401,
  CODEC_ORIGIN_REFUSED: 403,
  CODEC_NAMESPACE_UNKNOWN: 400,
  CODEC_REQUEST_INVALID: 400,
  CODEC_REQUEST_TOO_LARGE: 413,
  CODEC_FAILED: 500,
  PAYLOAD_TOO_LARGE: 413,
  // Gone, not 404: the Temporal UI takes that for a codec server without /download, and says so.
  BLOB_MISSING: 410,
}
