import { readFile, writeFile } from 'node:fs/promises'
import { writeOnce } from './write-once.ts'

/** Keeps numbers below 2^32 in a file, in this machine's byte order. */
export async function writeNumberFile(path: string, numbers: Uint32Array): Promise<void> {
  await writeOnce(path, (temporaryPath) => writeFile(temporaryPath, numbers))
}

/** The numbers of a file, or nothing where there is no such file or it is not of whole numbers. */
export async function readNumberFile(path: string): Promise<Uint32Array | undefined> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  if (bytes.byteLength === 0 || bytes.byteLength % 4 !== 0) return undefined
  // Copied, because a Buffer need not start at a multiple of four bytes.
  return new Uint32Array(new Uint8Array(bytes).buffer)
}
