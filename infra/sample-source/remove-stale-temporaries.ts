import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const STALE_MS = 10 * 60_000

/**
 * Removes what a process that was killed while rendering has left. A younger file may be one that
 * another process is writing now.
 */
export async function removeStaleTemporaries(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.tmp')) continue
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > STALE_MS) await rm(path, { force: true })
  }
}
