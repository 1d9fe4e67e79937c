import { CodedError } from '../../../codec/index.ts'

export type ApiErrorCode =
  | 'REQUEST_INVALID'
  | 'REQUEST_TOO_LARGE'
  | 'REQUEST_TYPE_UNSUPPORTED'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'WEB_TOKEN_WRONG'
  | 'WEB_HOST_REFUSED'
  | 'WEB_ORIGIN_REFUSED'
  | 'STREAMS_BUSY'
  | 'COVERAGE_UNKNOWN'
  | 'WEB_FAILED'

/** What can go wrong between a request and what it asks for. */
export class ApiError extends CodedError<ApiErrorCode> {}
