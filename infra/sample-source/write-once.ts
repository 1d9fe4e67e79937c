import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'

/**
 * Makes a file appear whole or not at all. Two processes that make the same file at once each
 * write their own copy; what they write is the same, so it does not matter whose name wins.
 */
export async function writeOnce(
  path: string,
  write: (temporaryPath: string) => Promise<void>,
): Promise<void> {
  const temporaryPath = `${path}.${process.pid}-${randomUUID()}.tmp`
  try {
    await write(temporaryPath)
    await rename(temporaryPath, path)
  } finally {
    await rm(temporaryPath, { force: true })
  }
}
