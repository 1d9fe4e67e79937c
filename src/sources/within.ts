/**
 * Runs `work` with a signal that aborts after a time. `AbortSignal.timeout` would keep each request's
 * timer until it is over.
 */
export async function within<T>(
  timeoutMs: number,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}
