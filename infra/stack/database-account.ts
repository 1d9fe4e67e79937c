import { execFileSync, spawnSync } from 'node:child_process'

import { StackError } from '../stack-error.ts'

export interface Account {
  readonly uid: number
  readonly gid: number
}

const name = 'postgres'

/**
 * The account that PostgreSQL runs under: undefined for our own, and `postgres` when we are root,
 * whom PostgreSQL refuses. It is made when it is missing.
 */
export function obtainDatabaseAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const known = findAccount()
  if (known !== undefined) return known
  // Not every PATH has the folder of the administrator's programs.
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
  const made = spawnSync('useradd', ['--system', '--user-group', '--no-create-home', name], { env })
  const account = findAccount()
  if (account !== undefined) return account
  throw new StackError('STACK_SERVER_FAILED', `the account ${name} could not be made`, {
    remedy: `PostgreSQL refuses to run as root: make an account ${name}, or run as another user.`,
    at: { server: 'database' },
    cause: made.error ?? made.stderr?.toString().trim(),
  })
}

function findAccount(): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((option) => {
    try {
      return Number(execFileSync('id', [option, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
    } catch {
      return undefined
    }
  })
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}

/** Whether the account can reach the folder and write into it. */
export function canWrite(account: Account, folder: string): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', '[ -w "$1" ] && [ -x "$1" ]', 'sh', folder], {
    ...account,
    cwd: '/',
    stdio: 'ignore',
  })
  return status === 0
}
