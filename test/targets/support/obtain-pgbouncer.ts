import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { findExecutable } from '../../../infra/stack/find-executable.ts'

export type PgBouncerProgram =
  | { readonly file: string; readonly libraries: string }
  | { readonly missing: string }

/** The program, and those of its libraries that not every Debian has. */
const packages = ['pgbouncer', 'libevent-2.1-7', 'libc-ares2']

/** Another account could not write into the folder; without a network it is to end soon. */
const options = [
  'APT::Sandbox::User=root',
  'Acquire::Retries=0',
  'Acquire::http::Timeout=10',
].flatMap((option) => ['-o', option])

/**
 * PgBouncer: the one that is installed, or Debian's, taken out of its packages into `folder`. Nothing is
 * installed, which would start a service.
 */
export function obtainPgBouncer(folder: string): PgBouncerProgram {
  const installed = findExecutable('pgbouncer', `${process.env['PATH'] ?? ''}:/usr/sbin`)
  if (installed !== undefined) return { file: installed, libraries: '' }
  const trouble =
    run('apt-get', [...options, 'download', ...packages], folder) ??
    globSync(join(folder, '*.deb'))
      .map((file) => run('dpkg-deb', ['--extract', file, folder], folder))
      .find((said) => said !== undefined)
  if (trouble !== undefined) return { missing: `no PgBouncer: ${trouble}` }
  const file = join(folder, 'usr/sbin/pgbouncer')
  const libraries = globSync(join(folder, 'usr/lib/*-linux-gnu*')).join(':')
  const runs = run(file, ['--version'], folder, { LD_LIBRARY_PATH: libraries })
  return runs === undefined ? { file, libraries } : { missing: `no PgBouncer: ${runs}` }
}

/** Why it did not come to a good end. */
function run(
  program: string,
  args: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv = {},
): string | undefined {
  const { status, error, stderr } = spawnSync(program, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    timeout: 60_000,
    encoding: 'utf8',
  })
  if (status === 0) return undefined
  return `${program}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`
}
