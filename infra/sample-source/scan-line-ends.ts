import { open } from 'node:fs/promises'

const CHUNK_BYTES = 1 << 20
const NEWLINE = 10

/**
 * Where each line of a file begins, and at the end where the file ends: line `n` is the bytes
 * `[offsets[n], offsets[n + 1])`, its newline included. The file ends in a newline.
 */
export async function scanLineEnds(path: string): Promise<Uint32Array> {
  let offsets = new Uint32Array(1 << 16)
  let count = 1
  const file = await open(path)
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    for (let start = 0; ;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, start)
      if (bytesRead === 0) break
      const bytes = chunk.subarray(0, bytesRead)
      for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
        if (count === offsets.length) {
          const longer = new Uint32Array(offsets.length * 2)
          longer.set(offsets)
          offsets = longer
        }
        offsets[count] = start + at + 1
        count += 1
      }
      start += bytesRead
    }
  } finally {
    await file.close()
  }
  return offsets.slice(0, count)
}
