import { ApiError } from './api-error.ts'

export function requestInvalid(what: string): ApiError {
  return new ApiError('REQUEST_INVALID', what, {
    remedy: 'Correct the request; /openapi.json describes it.',
  })
}
