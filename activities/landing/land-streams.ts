import type { ItemStream } from '../item-source.ts'
import type { ItemLanding } from './item-landing.ts'
import type { PageShape } from './read-page.ts'
import { StreamLanding, type LandedStream } from './stream-landing.ts'
import { UploadQueue } from './upload-queue.ts'

/** Where many streams share the memory, pages are smaller, but not so small that they cost more. */
const leastSharedBytes = 256 * 1024

/** Pages of the usual size that all streams together may hold, beside those on their way to the store. */
const heldPages = 2

export interface LandStreamsInput {
  readonly landing: ItemLanding
  readonly shape: PageShape
  readonly streams: readonly ItemStream[]
  /** Called for each batch, before it is made. */
  readonly countBatch: () => void
  /** Ends reading. */
  readonly stop: AbortController
  /** Aborted by `stop`, and with the attempt. */
  readonly signal: AbortSignal
}

/**
 * Lands all streams of an item side by side, and answers what became of each, in their order. The first
 * failure ends reading; all that was begun is over on return.
 */
export async function landStreams(input: LandStreamsInput): Promise<LandedStream[]> {
  const { streams, stop, ...shared } = input
  const uploads = new UploadQueue()
  const targetBytes = pageTarget(shared.landing.options.limits, streams.length)
  let failure: { readonly reason: unknown } | undefined
  const landed = await Promise.all(
    streams.map(async (stream, number) => {
      try {
        return await new StreamLanding({ ...shared, stream, number, targetBytes, uploads }).run()
      } catch (reason) {
        failure ??= { reason }
        stop.abort(reason)
      }
    }),
  )
  await uploads.settle()
  if (failure !== undefined) throw failure.reason
  return landed.filter((stream) => stream !== undefined)
}

/** What pages are cut at, in bytes. */
function pageTarget(
  { batchBytes, pageBytes }: { readonly batchBytes: number; readonly pageBytes: number },
  streams: number,
): number {
  const usual = Math.min(batchBytes, pageBytes)
  const share = Math.max(leastSharedBytes, Math.floor((heldPages * usual) / streams))
  return Math.min(usual, share)
}
