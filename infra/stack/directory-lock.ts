import { DatabaseSync } from 'node:sqlite'

/**
 * Takes the lock file for this process, or answers undefined when another process has it.
 *
 * It is the operating system's own file lock, through SQLite: Node has no other way to one. So it
 * is freed by any death of its holder, and there is no such thing as a stale lock.
 */
export function takeDirectoryLock(path: string): Disposable | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isLocked(error)) return undefined
    throw error
  }
  return { [Symbol.dispose]: () => database.close() }
}

/** SQLITE_BUSY */
const busyCode = 5

function isLocked(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === busyCode
}
