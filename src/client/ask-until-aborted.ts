import type { ConnectionLike } from '@temporalio/client'

/**
 * Asks Temporal, until the signal aborts. Each request is given a signal of its own: the client leaves a
 * listener at the one that it is given, and with it the request and its answer, for as long as that lives.
 */
export async function askUntilAborted<Answer>(
  connection: Pick<ConnectionLike, 'withAbortSignal'>,
  signal: AbortSignal,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted()
  const ofRequest = new AbortController()
  const stop = (): void => ofRequest.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await connection.withAbortSignal(ofRequest.signal, ask)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
