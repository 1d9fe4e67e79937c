// Runs in workflows too: neither Node nor chance.

/** Bytes that no compression makes shorter, the same for the same seed; `sizeBytes` is a multiple of 4. */
export function testBytes(seed: number, sizeBytes: number): Uint8Array {
  const words = new Uint32Array(sizeBytes / 4)
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[index] = state
  }
  return new Uint8Array(words.buffer)
}

/** A check of all bytes that a workflow can afford: FNV-1a over words. */
export function checksumOf(bytes: Uint8Array): number {
  // A global is slow to look up in a workflow's isolate, so it is done once.
  const { imul } = Math
  const words = new Uint32Array(bytes.slice().buffer)
  return words.reduce((sum, word) => imul(sum ^ word, 0x01000193), 0x811c9dc5) >>> 0
}

/** The checksums of the bytes of the first seeds. */
export function checksumsOf(count: number, sizeBytes: number): number[] {
  return Array.from({ length: count }, (_, seed) => checksumOf(testBytes(seed, sizeBytes)))
}
