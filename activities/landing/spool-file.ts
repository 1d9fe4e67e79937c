import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

export interface SpooledFile {
  /** SHA-256 of its bytes. */
  readonly digest: string
  readonly sizeBytes: number
}

/** Writes what is read into a local file, with flat memory. */
export async function spoolFile(
  bytes: AsyncIterable<Uint8Array>,
  path: string,
  signal: AbortSignal,
): Promise<SpooledFile> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  async function* measured(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      hash.update(chunk)
      sizeBytes += chunk.length
      yield chunk
    }
  }
  await pipeline(measured(), createWriteStream(path), { signal })
  return { digest: hash.digest('hex'), sizeBytes }
}
