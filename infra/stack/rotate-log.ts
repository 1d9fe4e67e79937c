import { renameSync, statSync } from 'node:fs'

/** Bytes from which a log is set aside when its server starts. */
const fullBytes = 16 * 1024 * 1024

/** Keeps logs bounded: the last full one stays beside the current one as `.old`. */
export function rotateLog(path: string): void {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (bytes >= fullBytes) renameSync(path, `${path}.old`)
}
