import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choosePorts } from '../../../infra/stack/choose-ports.ts'
import { obtainDatabaseAccount } from '../../../infra/stack/database-account.ts'
import { plainEnvironment, portOf } from '../../../infra/stack/embedded-server.ts'
import { startGuardian } from '../../../infra/stack/guardian.ts'
import { launchServer } from '../../../infra/stack/launch-server.ts'
import { probeDatabase } from '../../../infra/stack/probe-database.ts'
import { eventually } from '../../support/eventually.ts'
import { obtainPgBouncer } from './obtain-pgbouncer.ts'

export interface PgBouncer {
  /** The database by way of the pooler, which gives each transaction one of two connections in turn. */
  readonly transactions: string
  /** The same, but each statement. */
  readonly statements: string
  stop(): Promise<void>
}

/** A PgBouncer before a database, at a free port of 127.0.0.1, or why there is none. */
export async function startPgBouncer(
  databaseUrl: string,
): Promise<PgBouncer | { missing: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'claimcheck-pgbouncer-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const program = obtainPgBouncer(folder)
  if ('missing' in program) {
    remove()
    return program
  }
  const server = new URL(databaseUrl)
  const port = String(portOf(await choosePorts(['sql']), 'sql'))
  const pooled = (name: string): string => {
    const url = new URL(databaseUrl)
    url.port = port
    url.pathname = `/${name}`
    return url.href
  }
  const databaseName = server.pathname.slice(1)
  const transactions = pooled(databaseName)
  // It does not run as root either.
  const account = obtainDatabaseAccount()
  const write = (name: string, lines: readonly string[]): string => {
    const path = join(folder, name)
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
    if (account !== undefined) chownSync(path, account.uid, account.gid)
    return path
  }
  chmodSync(folder, 0o711)
  const users = write('users.txt', [
    `"${decodeURIComponent(server.username)}" "${decodeURIComponent(server.password)}"`,
  ])
  const place = `host=${server.hostname} port=${server.port}`
  const configuration = write('pgbouncer.ini', [
    '[databases]',
    `statements = ${place} dbname=${databaseName} pool_mode=statement`,
    `* = ${place}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${users}`,
    'pool_mode = transaction',
    'default_pool_size = 2',
    'server_round_robin = 1',
    'server_login_retry = 1',
  ])
  const guardian = startGuardian()
  const launched = launchServer(
    {
      file: program.file,
      args: [configuration],
      environment: { ...plainEnvironment(), LD_LIBRARY_PATH: program.libraries },
      stopSignal: 'SIGTERM',
      ...(account === undefined ? {} : { account }),
    },
    join(folder, 'pgbouncer.log'),
    guardian,
  )
  const stop = async () => {
    await launched.stop()
    await guardian.dismiss()
    remove()
  }
  await eventually('the pooler to answer', () =>
    probeDatabase(transactions).then(
      () => true,
      () => undefined,
    ),
  )
  return { transactions, statements: pooled('statements'), stop }
}
