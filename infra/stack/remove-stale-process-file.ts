import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { readTextFile } from './read-text-file.ts'

/**
 * Removes the `postmaster.pid` of a PostgreSQL that was killed, where its number belongs to some
 * other program by now: PostgreSQL itself would take that program for the server, and not start.
 */
export function removeStaleProcessFile(dataFolder: string): void {
  const path = join(dataFolder, 'postmaster.pid')
  const [pid] = readTextFile(path)?.split('\n') ?? []
  if (pid !== undefined && !programName(pid).includes('postgres')) rmSync(path)
}

/** The name of the program, or '' when there is no such process. */
function programName(pid: string): string {
  if (process.platform === 'linux') return readTextFile(`/proc/${pid}/comm`) ?? ''
  try {
    return execFileSync('ps', ['-o', 'comm=', '-p', pid], { encoding: 'utf8' })
  } catch {
    return ''
  }
}
