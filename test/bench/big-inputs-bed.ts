import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { isAlive } from '../../infra/stack/process-identity.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { openSession, type Session } from '../../src/cli/session.ts'
import { startCompanion, stopCompanion } from '../../src/cli/companion.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { stackEnvironment } from '../support/stack-environment.ts'
import { openBigSource, type BigSource } from './big-inputs-source.ts'
import { startPrivateServers } from './private-servers.ts'
import { peakRssMib } from './process-figures.ts'
import { workerFlags } from './worker-flags.ts'

/** Servers, a source and connections for loads of big inputs. */
export interface BigInputsBed {
  readonly source: BigSource
  readonly session: Session
  readonly database: Client
  /** Where pipeline files are written. */
  readonly pipelines: string
  startWorker(): Promise<BigInputsWorker>
  stop(): Promise<void>
}

export interface BigInputsWorker {
  isAlive(): boolean
  /** To be asked while it lives. */
  peakRssMib(): number
  stop(): Promise<void>
}

const mainScript = fileURLToPath(import.meta.resolve('../../src/cli/main.ts'))

export async function openBigInputsBed(say: (text: string) => void): Promise<BigInputsBed> {
  const own = await startPrivateServers(say)
  const { addresses } = own.servers
  const source = await openBigSource()
  const session = await openSession(readSettings({}), addresses)
  const database = new Client({ connectionString: addresses.database.url })
  await database.connect()
  const pipelines = join(own.directory, 'pipelines')
  mkdirSync(pipelines)
  return {
    source,
    session,
    database,
    pipelines,
    async startWorker() {
      const { identity } = await startCompanion({
        name: 'worker',
        command: [...workerFlags(), mainScript, 'worker'],
        environment: { ...process.env, ...stackEnvironment(addresses) },
        lifetime: 'attached',
        logFile: join(stackPaths(own.directory).logs, 'worker.log'),
      })
      return {
        isAlive: () => isAlive(identity),
        peakRssMib: () => peakRssMib(identity.pid),
        stop: () => stopCompanion(identity),
      }
    },
    async stop() {
      await database.end()
      await session.close()
      await source.close()
      await own.stop()
    },
  }
}
