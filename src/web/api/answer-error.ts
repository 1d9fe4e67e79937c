import { isGrpcServiceError, ServiceError } from '@temporalio/client'
import { CodedError } from '../../../codec/index.ts'
import { CommandError } from '../../command-error.ts'
import { ApiError } from './api-error.ts'

/** First match wins; by ending where that tells, so that another room's codes need no entry here. */
const STATUSES: readonly (readonly [RegExp, number])[] = [
  [/^(REQUEST|PARTITION|TARGET|BACKFILL|ENDPOINT|PAGE_TOKEN|BLOB_NAME)_INVALID$/, 400],
  [/^CLAIM_(MALFORMED|VERSION_UNKNOWN)$/, 400],
  [/^WEB_TOKEN_WRONG$/, 401],
  [/^WEB_(HOST|ORIGIN)_REFUSED$/, 403],
  [/_NOT_FOUND$/, 404],
  [/^METHOD_NOT_ALLOWED$/, 405],
  [
    /^(RUN_ENDED|RUN_NOT_PAUSABLE|RUN_WITHOUT_(BODY|CONCURRENCY)|PIPELINE_INVALID|AFTER_CYCLE|SCHEDULE_(TOO_LARGE|UNREADABLE))$/,
    409,
  ],
  [/_AMBIGUOUS$/, 409],
  [/^REQUEST_TOO_LARGE$/, 413],
  [/^REQUEST_TYPE_UNSUPPORTED$/, 415],
  [/^IDEMPOTENCY_KEY_REUSED$/, 422],
  [/^COVERAGE_UNKNOWN$/, 501],
  [/_UNREACHABLE$|^STREAMS_BUSY$/, 503],
]

const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Bearer' },
  503: { 'retry-after': '2' },
}

/** The gRPC codes that say that Temporal cannot answer now. */
const AWAY: ReadonlySet<number> = new Set([4, 8, 14])

/** An error as an answer: code, what happened, what to do. Of a defect it says only that it is one. */
export function answerError(error: CodedError): Response {
  const { code, message, remedy } = error
  const status = statusOf(error)
  return Response.json({ code, message, remedy }, { status, headers: HEADERS[status] ?? {} })
}

/** What was thrown, as an error that may be shown. */
export function toShownError(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown
  const cause = thrown instanceof ServiceError ? thrown.cause : thrown
  if (isGrpcServiceError(cause) && AWAY.has(cause.code)) {
    return new CommandError('TEMPORAL_UNREACHABLE', 'Temporal does not answer', {
      remedy: 'Try again; where that does not help, see whether the server is up.',
      retryable: true,
      cause: thrown,
    })
  }
  return new ApiError('WEB_FAILED', 'The request failed for a reason that has no code here', {
    remedy: 'The log of `claimcheck web` says more.',
    cause: thrown,
  })
}

/** The status of the answer that tells of the error. */
export function statusOf({ code }: CodedError): number {
  return STATUSES.find(([pattern]) => pattern.test(code))?.[1] ?? 500
}
