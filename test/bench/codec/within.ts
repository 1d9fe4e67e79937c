import { setTimeout as pause } from 'node:timers/promises'

/** What `work` gives, or undefined where that takes longer; what it fails with later is nobody's. */
export async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T | undefined> {
  work.catch(() => undefined)
  const controller = new AbortController()
  const { signal } = controller
  const timeout = pause(timeoutMs, undefined, { signal }).catch(() => undefined)
  try {
    return await Promise.race([work, timeout])
  } finally {
    controller.abort()
  }
}

/** Looks until there is something to see; undefined where that takes longer. */
export async function eventually<T>(
  timeoutMs: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline) {
    const found = await look()
    if (found !== undefined) return found
    await pause(100)
  }
  return undefined
}
