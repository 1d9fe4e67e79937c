import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { obtainDatabaseAccount } from '../../infra/stack/database-account.ts'
import { portOf } from '../../infra/stack/embedded-server.ts'
import { startGuardian } from '../../infra/stack/guardian.ts'
import { launchServer } from '../../infra/stack/launch-server.ts'
import { runServer } from '../../infra/stack/run-server.ts'
import { killFamily } from './second-postgres-end.ts'
import { secondPostgresPrograms } from './second-postgres-programs.ts'
import { secondPostgresServer } from './second-postgres-server.ts'

export interface SecondPostgres {
  /** Of the superuser. */
  readonly url: string
  /** Kills the server with all its processes, and starts it again at the same address. */
  crash(): Promise<void>
  /** Ends the server, and removes its data. */
  stop(): Promise<void>
}

/** A PostgreSQL 15 that nobody else uses, at a free port of 127.0.0.1, or why there is none. */
export async function startSecondPostgres(): Promise<SecondPostgres | { missing: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'claimcheck-postgres-'))
  // PostgreSQL does not run as root, and the account it runs under then must get through.
  chmodSync(folder, 0o711)
  const account = obtainDatabaseAccount()
  const programs = secondPostgresPrograms(account, folder)
  if ('missing' in programs) {
    rmSync(folder, { recursive: true })
    return programs
  }
  const { native } = programs
  const password = randomBytes(16).toString('hex')
  const server = secondPostgresServer({ native, folder, account, password })
  const guardian = startGuardian()
  const logFile = join(folder, 'server.log')
  const remove = async () => {
    await guardian.dismiss()
    rmSync(folder, { recursive: true, force: true })
  }
  const run = (preferredPorts: Readonly<Record<string, number>>) => {
    const signal = AbortSignal.timeout(120_000)
    return runServer(server, { guardian, logFile, preferredPorts, signal, onLaunch() {} })
  }
  let running
  try {
    await server.prepare(async (command) => {
      const how = await launchServer(command, logFile, guardian).exited
      if (how !== 'code 0') throw new Error(`initdb: ${how}: ${readFileSync(logFile, 'utf8')}`)
    })
    running = await run({})
  } catch (error) {
    await remove()
    throw error
  }
  const { ports } = running
  let { launched } = running
  const url = `postgresql://postgres:${password}@127.0.0.1:${portOf(ports, 'sql')}/postgres`
  return {
    url,
    async crash() {
      await killFamily(launched.identity)
      await launched.exited
      ;({ launched } = await run(ports))
    },
    async stop() {
      await launched.stop()
      await remove()
    },
  }
}
