import { constants, type BigIntStats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { fileChanged, pathRefused } from './file-errors.ts'
import type { OpenFile } from './file-store.ts'
import { readFailure } from './read-failure.ts'

const chunkBytes = 256 * 1024

/** No link that was put there since the path was looked at, and no waiting for a pipe's other end. */
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** A change leaves size, time and number all as they were only if somebody sets them back. */
export function localVersion({ size, mtimeNs, ino }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ino}`
}

/**
 * Opens a regular file.
 *
 * @param path Where it really is.
 * @throws PipelineError FILE_MISSING, SOURCE_PATH_REFUSED, SOURCE_REFUSED, SOURCE_UNREACHABLE
 */
export async function openLocalFile(
  path: string,
  { place, signal }: { readonly place: string; readonly signal: AbortSignal },
): Promise<OpenFile> {
  signal.throwIfAborted()
  const handle = await open(path, flags).catch((error: unknown) => {
    throw readFailure(error, place)
  })
  const close = async (): Promise<void> => {
    signal.removeEventListener('abort', closeSoon)
    await handle.close()
  }
  const closeSoon = (): void => void close().catch(() => undefined)
  signal.addEventListener('abort', closeSoon, { once: true })
  try {
    const facts = await handle.stat({ bigint: true })
    if (!facts.isFile()) throw notRegular(place)
    const known = { version: localVersion(facts), sizeBytes: Number(facts.size), place, signal }
    return {
      version: known.version,
      isSeekable: true,
      isFramed: true,
      read: (fromBytes) => readFrom(handle, fromBytes, known),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function* readFrom(
  handle: FileHandle,
  fromBytes: number,
  known: {
    readonly version: string
    readonly sizeBytes: number
    readonly place: string
    readonly signal: AbortSignal
  },
): AsyncGenerator<Uint8Array> {
  const { version, sizeBytes, place, signal } = known
  try {
    let reachedBytes = fromBytes
    while (reachedBytes < sizeBytes) {
      const wanted = Math.min(chunkBytes, sizeBytes - reachedBytes)
      const buffer = Buffer.allocUnsafeSlow(wanted)
      const { bytesRead } = await handle.read(buffer, 0, wanted, reachedBytes)
      if (bytesRead === 0) break
      reachedBytes += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
    const isSame = localVersion(await handle.stat({ bigint: true })) === version
    if (reachedBytes !== sizeBytes || !isSame) throw fileChanged({ path: place })
  } catch (error) {
    signal.throwIfAborted()
    throw readFailure(error, place)
  }
}

export function notRegular(place: string) {
  return pathRefused('the path leads to what is no regular file', 'Name a file.', { path: place })
}
