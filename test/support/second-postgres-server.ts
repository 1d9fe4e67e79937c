import { chownSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from '../../infra/stack/database-account.ts'
import { makeDatabaseFolder } from '../../infra/stack/database-folder.ts'
import { databaseSettings } from '../../infra/stack/database-settings.ts'
import { type EmbeddedServer, portOf } from '../../infra/stack/embedded-server.ts'
import { postgresProgram } from '../../infra/stack/postgres-program.ts'
import { probeDatabase } from '../../infra/stack/probe-database.ts'

export interface SecondPostgresOptions {
  /** The folder of `bin`, `lib` and `share`. */
  readonly native: string
  /** Whose folders the data is to lie in. */
  readonly folder: string
  readonly account: Account | undefined
  /** Of the superuser `postgres`. */
  readonly password: string
}

/** PostgreSQL 15 with the settings of the stack's own, as far as it has them. */
export function secondPostgresServer(options: SecondPostgresOptions): EmbeddedServer {
  const { native, folder, account, password } = options
  const data = join(folder, 'database')
  const program = (name: string, args: readonly string[]) =>
    postgresProgram(native, account, name, args)
  return {
    name: 'database',
    portNames: ['sql'],
    async prepare(run) {
      makeDatabaseFolder(data, account)
      const passwordFile = join(folder, 'password')
      writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
      if (account !== undefined) chownSync(passwordFile, account.uid, account.gid)
      await run(
        program('initdb', [
          `--pgdata=${data}`,
          '--username=postgres',
          `--pwfile=${passwordFile}`,
          '--auth=scram-sha-256',
          '--encoding=UTF8',
          '--locale=C',
          '--no-sync',
        ]),
      )
      rmSync(passwordFile)
    },
    command: (ports) =>
      program('postgres', [
        '-D',
        data,
        `--port=${portOf(ports, 'sql')}`,
        ...Object.entries(databaseSettings).map(([name, value]) => `--${name}=${value}`),
        // Only the machine's own crash would need it.
        '--fsync=off',
      ]),
    check: (ports) =>
      probeDatabase(`postgresql://postgres:${password}@127.0.0.1:${portOf(ports, 'sql')}/postgres`),
    describe: () => ({}),
    tidy() {},
  }
}
