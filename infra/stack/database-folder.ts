import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { StackError } from '../stack-error.ts'
import { type Account, canWrite } from './database-account.ts'
import { obtainShelter, shelterPath } from './obtain-shelter.ts'

/**
 * Where PostgreSQL's data lies: under the stack's data, or outside any private home when its
 * account cannot reach that. Data that is there already decides.
 * @throws StackError `STACK_SERVER_FAILED` when data is there and cannot be reached
 */
export function chooseDatabaseFolder(dataDirectory: string, account: Account | undefined): string {
  const near = join(dataDirectory, 'database')
  if (account === undefined) return near
  const reachable = isReachable(dataDirectory, account)
  if (isInitialised(near)) {
    if (reachable) return near
    throw new StackError(
      'STACK_SERVER_FAILED',
      'the data cannot be reached by the account postgres',
      {
        remedy: 'Give the folders above it back their mode (o+x), or move the data away.',
        at: { server: 'database', folder: near },
      },
    )
  }
  const far = join(shelterPath(dataDirectory), 'database')
  if (reachable && !isInitialised(far)) return near
  obtainShelter(dataDirectory)
  return far
}

export function isInitialised(folder: string): boolean {
  return existsSync(join(folder, 'PG_VERSION'))
}

/** Makes the folder empty, and the account's own. */
export function makeDatabaseFolder(folder: string, account: Account | undefined): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
}

/**
 * Whether the account can work under the stack's data. Where only the stack's own two folders are in
 * the way, they are opened to passing through (not to listing): what they hold is closed by itself.
 */
function isReachable(dataDirectory: string, account: Account): boolean {
  if (canWork(dataDirectory, account)) return true
  const closed = [dirname(dataDirectory), dataDirectory]
    .map((folder) => ({ folder, mode: statSync(folder).mode }))
    .filter(({ mode }) => (mode & passThrough) === 0)
  for (const { folder, mode } of closed) chmodSync(folder, mode | passThrough)
  if (canWork(dataDirectory, account)) return true
  for (const { folder, mode } of closed) chmodSync(folder, mode)
  return false
}

/** Mode `o+x`. */
const passThrough = 0o001

function canWork(parent: string, account: Account): boolean {
  const probe = join(parent, 'reachable')
  makeDatabaseFolder(probe, account)
  const can = canWrite(account, probe)
  rmSync(probe, { recursive: true })
  return can
}
