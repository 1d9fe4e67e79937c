import { abortablePause } from './abortable-pause.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import { withDeadline } from './deadline.ts'
import { storeUnreachable, toStoreError } from './s3-error.ts'

/**
 * Runs one exchange with the store: transient trouble is tried again with growing pauses until the
 * attempts or the time are used up. What it fails with is a `ClaimCheckError`, or the reason of
 * `signal` where the caller gave up.
 */
export type S3Call = <T>(
  at: ErrorPlace,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
) => Promise<T>

export interface S3CallOptions {
  /** How long one exchange may take, its retries included. @default 90_000 */
  readonly callTimeoutMs?: number | undefined
  /** Tries of one exchange, the first included; six span about three seconds. @default 6 */
  readonly maxAttempts?: number | undefined
  /** The first pause; each further one is twice as long, less up to half by chance. @default 125 */
  readonly firstPauseMs?: number | undefined
  /** Hears of each try that is made again. @default nobody */
  readonly onRetry?: (() => void) | undefined
}

const LONGEST_PAUSE_MS = 5_000

export function createS3Call(options: S3CallOptions): S3Call {
  const { callTimeoutMs: timeoutMs = 90_000, maxAttempts = 6, firstPauseMs = 125 } = options
  const { onRetry = () => undefined } = options
  return async (at, signal, work) => {
    const onTimeout = (): Error =>
      storeUnreachable(`The store did not answer within ${timeoutMs} ms`, at)
    return withDeadline({ timeoutMs, signal, onTimeout }, async (deadline) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await work(deadline)
        } catch (cause) {
          deadline.throwIfAborted()
          const error = toStoreError(cause, at)
          const isTransient = error instanceof ClaimCheckError && error.retryable
          if (!isTransient || attempt >= maxAttempts) throw error
          onRetry()
          const pauseMs = Math.min(firstPauseMs * 2 ** (attempt - 1), LONGEST_PAUSE_MS)
          await abortablePause(pauseMs * (0.5 + Math.random() / 2), deadline)
        }
      }
    })
  }
}
