/** A list or an object is sent as JSON. */
export type EndpointBody = string | readonly unknown[] | Readonly<Record<string, unknown>>

/** One call of a service outside. Plain data: it stands in the history as it is, references unresolved. */
export interface EndpointCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** May hold `${ENDPOINT_…}` references; they are resolved where the worker runs, and nowhere else. */
  readonly url: string
  /** Values may hold references too. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: EndpointBody | undefined
  /** Statuses that are a success. @default 200 to 299 */
  readonly expect?: readonly number[] | undefined
  /** Of one attempt, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number | undefined
  /** @default 5 */
  readonly attempts?: number | undefined
  /**
   * Sent as `Idempotency-Key` with every attempt, so that the service can tell a repeated one.
   * @default one of the run's own, but for GET
   */
  readonly idempotencyKey?: string | undefined
}

/** What a service has answered. */
export interface EndpointAnswer {
  readonly status: number
  readonly contentType: string | undefined
  /** How long it asks to wait before the next try. */
  readonly retryAfterMs: number | undefined
  /** Without its content encoding. */
  readonly body: Buffer
  /** The URL for messages: without secrets. */
  readonly shown: string
}

/** What a call ends in. The codec parks a large body, so that the history has a claim in its place. */
export interface EndpointResult {
  readonly status: number
  readonly contentType?: string | undefined
  readonly encoding: 'text' | 'base64'
  readonly body: string
  readonly bodyBytes: number
}

/**
 * Calls services. Whatever they answer is an answer; no answer throws: `ENDPOINT_INVALID`,
 * `ENDPOINT_UNREACHABLE`, `ENDPOINT_HOST_REFUSED`, `ENDPOINT_TOO_LARGE`, `ENDPOINT_SECRET_REPEATED`,
 * `SOURCE_SETTING_MISSING`, `SOURCE_SETTING_INVALID`.
 */
export interface EndpointCaller {
  call(call: EndpointCall, signal: AbortSignal): Promise<EndpointAnswer>
}

export interface EndpointPorts {
  readonly endpoints: EndpointCaller
}
