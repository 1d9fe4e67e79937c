import { objectTooLarge } from './object-errors.ts'
import type { GetOptions, ObjectKey, ObjectStore } from './object-store.ts'
import { resumedPieces } from './resumed-pieces.ts'

/**
 * A whole object in memory, in one buffer of its size; cut bodies are read on. Longer than
 * `maxBytes`, it is refused before its buffer is made.
 */
export async function readWholeObject(
  store: Pick<ObjectStore, 'bucket' | 'getStream'>,
  key: ObjectKey,
  options: GetOptions,
): Promise<Uint8Array> {
  const { maxBytes = Infinity, ...call } = options
  let whole = Buffer.alloc(0)
  let endBytes = 0
  const pieces = resumedPieces(store, key, { ...call, mayStartOver: true })
  for await (const { bytes, startBytes, objectBytes } of pieces) {
    endBytes = startBytes + bytes.byteLength
    const neededBytes = Math.max(endBytes, objectBytes ?? 0)
    if (neededBytes > maxBytes) {
      throw objectTooLarge(neededBytes, maxBytes, { bucket: store.bucket, key })
    }
    if (neededBytes > whole.byteLength) {
      const roomBytes = objectBytes ?? Math.min(2 * neededBytes, maxBytes)
      const larger = Buffer.allocUnsafe(Math.max(neededBytes, roomBytes))
      whole.copy(larger, 0, 0, startBytes)
      whole = larger
    }
    whole.set(bytes, startBytes)
  }
  return whole.subarray(0, endBytes)
}
