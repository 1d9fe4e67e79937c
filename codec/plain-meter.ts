import type { Hash, Hmac } from 'node:crypto'
import type { Digest } from './digest.ts'
import { openDigest, type SealingKey } from './sealing-keys.ts'
import type { PlainFacts } from './sealed-objects.ts'

/** Counts and digests plain bytes as they pass. */
export class PlainMeter {
  readonly #hash: Hash | Hmac
  #sizeBytes = 0

  constructor(key: SealingKey | undefined) {
    this.#hash = openDigest(key)
  }

  /** `onProgress` hears of every piece how many bytes have passed with it. */
  async *watch(
    pieces: AsyncIterable<unknown> | Iterable<unknown>,
    onProgress?: (plainBytes: number) => void,
  ): AsyncGenerator<Uint8Array, void> {
    for await (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
      if (!(bytes instanceof Uint8Array)) throw new TypeError('a stream must yield bytes or text')
      this.#hash.update(bytes)
      this.#sizeBytes += bytes.byteLength
      onProgress?.(this.#sizeBytes)
      yield bytes
    }
  }

  /** Once, when all has passed. */
  facts(): PlainFacts {
    return { sizeBytes: this.#sizeBytes, digest: this.#hash.digest('hex') as Digest }
  }
}
