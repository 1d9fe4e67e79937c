import type { Client } from '@temporalio/client'

const timeoutMs = 10_000

/** Asks Temporal within a time, however many questions that takes. */
export function askTemporal<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + timeoutMs, ask)
}
