import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { stringify } from 'yaml'
import type { PipelineDefinition } from '../../activities/index.ts'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { readState } from '../../infra/stack/stack-state.ts'
import { startCompanion, stopCompanion } from '../../src/cli/companion.ts'
import { openSession, type Session } from '../../src/cli/session.ts'
import { chainHistories, type RunHistory } from '../../src/client/history-size.ts'
import { loadFailure } from '../../src/client/load-failure.ts'
import { startLoad } from '../../src/client/start-load.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { loadPipeline } from '../../src/pipeline/load-pipeline.ts'
import type { LoadResult } from '../../workflows/index.ts'
import { stackEnvironment } from '../support/stack-environment.ts'
import { startPrivateServers } from './private-servers.ts'
import { workerFlags } from './worker-flags.ts'

/** Servers that nobody else uses, workers as processes, and loads the way every load goes. */
export interface ScaleBed {
  readonly directory: string
  readonly addresses: StackAddresses
  readonly session: Session
  readonly database: Client
  /** Process numbers of the servers, by what they are. */
  readonly pids: Readonly<Record<string, number>>
  startWorker(environment?: NodeJS.ProcessEnv): Promise<ScaleWorker>
  /** @param pipeline Of `kind: file` or `http`; its table is called like it. */
  define(name: string, pipeline: Readonly<Record<string, unknown>>): Promise<PipelineDefinition>
  load(definition: PipelineDefinition): Promise<ScaleLoad>
  /** Whether the table has the rows 1 to `rows`, each once. */
  isExact(name: string, rows: number): Promise<boolean>
  stop(): Promise<void>
}

export interface ScaleWorker {
  readonly pid: number
  stop(): Promise<void>
}

export interface ScaleLoad {
  readonly result: LoadResult
  readonly seconds: number
  readonly workflowId: string
  readonly histories: readonly RunHistory[]
}

export const partition = '2001-01-01'
const mainScript = fileURLToPath(import.meta.resolve('../../src/cli/main.ts'))

export async function openScaleBed(say: (text: string) => void): Promise<ScaleBed> {
  const own = await startPrivateServers(say)
  const { addresses } = own.servers
  const session = await openSession(readSettings({}), addresses)
  const database = new Client({ connectionString: addresses.database.url })
  await database.connect()
  const pipelines = join(own.directory, 'pipelines')
  mkdirSync(pipelines)
  const servers = Object.entries(readState(stackPaths(own.directory).state)?.servers ?? {})
  let workers = 0
  return {
    directory: own.directory,
    addresses,
    session,
    database,
    pids: Object.fromEntries(servers.map(([name, identity]) => [name, identity.pid])),
    async startWorker(environment = {}) {
      workers += 1
      const { identity } = await startCompanion({
        name: 'worker',
        command: [...workerFlags(), mainScript, 'worker'],
        environment: { ...process.env, ...stackEnvironment(addresses), ...environment },
        lifetime: 'attached',
        logFile: join(stackPaths(own.directory).logs, `worker-${workers}.log`),
      })
      return { pid: identity.pid, stop: () => stopCompanion(identity) }
    },
    define(name, pipeline) {
      const target = { kind: 'postgres', table: `public.${name}`, mode: 'merge' }
      const columns = { id: { type: 'bigint', key: true } }
      const text = stringify({ name, columns, target, ...pipeline })
      writeFileSync(join(pipelines, `${name}.yaml`), text)
      return loadPipeline(name, [pipelines])
    },
    load: (definition) => runLoad(session, definition),
    async isExact(name, rows) {
      const { rows: found } = await database.query<{ exact: boolean }>(
        `SELECT count(*) = $1 AND count(DISTINCT id) = $1 AND min(id) = 1 AND max(id) = $1 AS exact
          FROM public."${name}"`,
        [rows],
      )
      return found[0]?.exact === true
    },
    async stop() {
      await database.end()
      await session.close()
      await own.stop()
    },
  }
}

async function runLoad(session: Session, definition: PipelineDefinition): Promise<ScaleLoad> {
  const began = performance.now()
  const { workflowId, runId, ...handle } = await startLoad(session.client, {
    definition,
    partition,
    requestedAt: new Date(),
    taskQueue: readSettings({}).taskQueue,
  })
  const result = await handle.result().catch((error: unknown) => {
    throw loadFailure(error, workflowId)
  })
  const seconds = (performance.now() - began) / 1000
  const histories = await chainHistories(session.client, workflowId, runId)
  return { result, seconds, workflowId, histories }
}
