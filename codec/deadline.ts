export interface DeadlineOptions {
  readonly timeoutMs: number
  /** The caller's own signal; its reason wins over the deadline's. */
  readonly signal?: AbortSignal | undefined
  /** What the work fails with once its time is over. */
  readonly onTimeout: () => Error
}

/**
 * Runs `work` with a signal that fires when the caller gives up or when time is over, whichever is
 * first, and rethrows that reason instead of whatever the interrupted library makes of it. Waits for
 * `work` to settle, so nothing goes on behind the caller's back.
 *
 * Not `AbortSignal.any`: a worker's cancellation signal lives as long as the activity, and a
 * listener for each call would pile up on it.
 */
export async function withDeadline<T>(
  options: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs, onTimeout } = options
  signal?.throwIfAborted()
  const controller = new AbortController()
  const forward = (): void => controller.abort(signal?.reason)
  signal?.addEventListener('abort', forward, { once: true })
  const timer = setTimeout(() => controller.abort(onTimeout()), timeoutMs)
  try {
    return await work(controller.signal)
  } catch (error) {
    controller.signal.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', forward)
  }
}
