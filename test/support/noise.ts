/**
 * Bytes that no compression makes smaller, the same ones for the same seed: in a workflow, which must
 * be deterministic, in an activity and in a test alike.
 */
export function noise(seed: number, sizeBytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4))
  // Xorshift32, whose state must not be 0.
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[index] = state
  }
  return new Uint8Array(words.buffer, 0, sizeBytes)
}

/** FNV-1a over all the bytes, in hexadecimal: tells that a value arrived whole. */
export function checksum(...values: readonly Uint8Array[]): string {
  // A global is slow to look up in a workflow's isolate, so it is done once.
  const { imul } = Math
  let hash = 0x811c9dc5
  for (const bytes of values) {
    for (const byte of bytes) hash = imul(hash ^ byte, 0x01000193)
  }
  return (hash >>> 0).toString(16)
}

/** The checksums of the noise of the first seeds. */
export function checksums(count: number, sizeBytes: number): string[] {
  return Array.from({ length: count }, (_, seed) => checksum(noise(seed, sizeBytes)))
}
