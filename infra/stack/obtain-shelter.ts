import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { StackError } from '../stack-error.ts'

/** Survives a restart of the machine, and every account may enter it. */
const parent = '/var/tmp'

/** Where the folder for this path is, or would be: always the same one for the same `original`. */
export function shelterPath(original: string): string {
  const digest = createHash('sha256').update(realpathSync(original)).digest('hex').slice(0, 16)
  return join(parent, `claimcheck-${digest}`)
}

/**
 * A folder of ours outside any private home, for what the account of PostgreSQL must reach and
 * cannot reach at the `original` path.
 * @throws StackError `STACK_SERVER_FAILED` when somebody else made it
 */
export function obtainShelter(original: string): string {
  const folder = shelterPath(original)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  if (!isOurs(folder)) {
    throw new StackError(
      'STACK_SERVER_FAILED',
      'the folder for PostgreSQL belongs to another user',
      {
        remedy: 'Look at who made the folder and remove it.',
        at: { server: 'database', folder },
      },
    )
  }
  chmodSync(folder, 0o755)
  return folder
}

/** Removes the folder for this path with all that is in it, where there is one of ours. */
export function removeShelter(original: string): void {
  const folder = shelterPath(original)
  if (isOurs(folder)) rmSync(folder, { recursive: true, force: true })
}

/** Anybody can make a folder here, so one that somebody else made is not ours to trust. */
function isOurs(folder: string): boolean {
  const facts = lstatSync(folder, { throwIfNoEntry: false })
  return facts?.isDirectory() === true && facts.uid === process.getuid?.()
}
