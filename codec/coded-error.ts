/** Where something happened, in names an operator knows: bucket, key, table, url. Never data, never a secret. */
export type ErrorPlace = Readonly<Record<string, string | number>>

export interface CodedErrorOptions {
  /** What the reader can do about it, as one sentence. */
  readonly remedy: string
  /** Whether trying the same thing again can help. @default false */
  readonly retryable?: boolean
  readonly at?: ErrorPlace
  readonly cause?: unknown
}

/**
 * The shape of every error that leaves a room: a stable code (listed in `docs/errors.md`), what
 * happened and where, and what to do. Messages hold no payload data and no secret.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  readonly code: Code
  readonly remedy: string
  readonly retryable: boolean
  readonly at: ErrorPlace

  constructor(code: Code, message: string, options: CodedErrorOptions) {
    const at = options.at ?? {}
    super(message + formatPlace(at), options.cause === undefined ? {} : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.remedy = options.remedy
    this.retryable = options.retryable ?? false
    this.at = at
  }
}

function formatPlace(at: ErrorPlace): string {
  const parts = Object.entries(at).map(([name, value]) => `${name}=${value}`)
  return parts.length === 0 ? '' : ` [${parts.join(', ')}]`
}
