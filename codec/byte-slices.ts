import { setImmediate as nextTurn } from 'node:timers/promises'

/** Short, as several calls may be under way and then work in the same turn. */
const SLICE_BYTES = 64 * 1024

/**
 * Hands `bytes` to `visit` in slices and lets the event loop turn between them, so that hashing large
 * payloads, several at once too, never holds up heartbeats and other tasks for long.
 * (`crypto.subtle` does not help: copying the input to its thread stalls longer than the hash.)
 */
export async function visitSlices(
  bytes: Uint8Array,
  visit: (slice: Uint8Array) => void,
): Promise<void> {
  for (let start = 0; start < bytes.byteLength; start += SLICE_BYTES) {
    if (start > 0) await nextTurn()
    visit(bytes.subarray(start, start + SLICE_BYTES))
  }
}
