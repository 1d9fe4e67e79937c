import type { CallPlace } from './call-place.ts'
import { withDeadline } from './deadline.ts'
import type { CallOptions } from './object-store.ts'
import { storeUnreachable } from './s3-error.ts'

/** What a slow line carries; large payloads get more time by it. */
const bytesPerMs = 10_000

/** Runs `work` within the time that its place and the bytes on their way allow. */
export async function withinPlace<T>(
  { timeoutMs, signal, patient }: CallPlace,
  bytes: number,
  bucket: string,
  work: (call: CallOptions) => Promise<T>,
): Promise<T> {
  const wholeTimeoutMs = timeoutMs + Math.ceil(bytes / bytesPerMs)
  const onTimeout = (): Error =>
    storeUnreachable(`The store was not done within ${wholeTimeoutMs} ms`, { bucket })
  return withDeadline({ timeoutMs: wholeTimeoutMs, signal, onTimeout }, async (deadline) =>
    work({ signal: deadline, patient }),
  )
}
