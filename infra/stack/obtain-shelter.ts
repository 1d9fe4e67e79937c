import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
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
  const facts = lstatSync(folder)
  // Anybody can make a folder here, so one that somebody else made is not ours to trust.
  if (!facts.isDirectory() || facts.uid !== process.getuid?.()) {
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
