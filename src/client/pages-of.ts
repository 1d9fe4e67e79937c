import type { ConnectionLike } from '@temporalio/client'
import { askUntilAborted } from './ask-until-aborted.ts'
import { RunError } from './run-error.ts'

/** One page of a listing of Temporal's. */
export interface Page<Entry> {
  readonly entries: readonly Entry[]
  /** Empty on the last page. */
  readonly next: Uint8Array | null | undefined
}

/**
 * The entries of all pages. A server that names the same page as the next one again is not believed:
 * whoever deletes by a listing must not mistake a part of it for the whole.
 *
 * @param of What is listed, for messages.
 * @throws RunError LISTING_CUT_SHORT
 */
export async function* pagesOf<Entry>(
  { connection }: { readonly connection: Pick<ConnectionLike, 'withAbortSignal'> },
  signal: AbortSignal,
  of: string,
  ask: (nextPageToken: Uint8Array) => Promise<Page<Entry>>,
): AsyncGenerator<Entry, void> {
  let token: Uint8Array = new Uint8Array()
  do {
    signal.throwIfAborted()
    const asked = token
    const { entries, next } = await askUntilAborted(connection, signal, () => ask(asked))
    yield* entries
    token = next ?? new Uint8Array()
    if (token.length > 0 && Buffer.from(token).equals(asked)) {
      throw new RunError('LISTING_CUT_SHORT', `Temporal repeats a page of ${of}`, {
        remedy: 'Try again, and look in the log of the server if it comes back.',
        retryable: true,
      })
    }
  } while (token.length > 0)
}
