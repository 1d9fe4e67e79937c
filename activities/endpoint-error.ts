import { CodedError, type CodedErrorOptions } from '../codec/index.ts'

export type EndpointErrorCode =
  | 'ENDPOINT_INVALID'
  | 'ENDPOINT_UNREACHABLE'
  | 'ENDPOINT_REFUSED'
  | 'ENDPOINT_HOST_REFUSED'
  | 'ENDPOINT_TOO_LARGE'
  | 'ENDPOINT_SECRET_REPEATED'

export interface EndpointErrorOptions extends CodedErrorOptions {
  /** How long the service asks to wait before the next try. */
  readonly retryAfterMs?: number | undefined
}

/** What can go wrong with a call of a service outside. */
export class EndpointError extends CodedError<EndpointErrorCode> {
  readonly retryAfterMs: number | undefined

  constructor(code: EndpointErrorCode, message: string, options: EndpointErrorOptions) {
    super(code, message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}
