import { setTimeout as pause } from 'node:timers/promises'

/** Waits; where `signal` aborts first, throws its reason. */
export async function abortablePause(
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await pause(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  signal?.throwIfAborted()
}
