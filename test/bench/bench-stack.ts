import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { readState } from '../../infra/stack/stack-state.ts'
import { startCompanion, stopCompanion, type Companion } from '../../src/cli/companion.ts'
import { stackEnvironment } from '../support/stack-environment.ts'
import { startPrivateServers } from './private-servers.ts'
import { peakRssMib } from './process-figures.ts'
import { workerFlags } from './worker-flags.ts'

/** Servers and a sample source that nobody else uses, in a folder that is removed with them. */
export interface BenchStack {
  readonly directory: string
  readonly addresses: StackAddresses
  readonly sourceUrl: string
  /** Process numbers by what they do, to read their figures. */
  readonly pids: Readonly<Record<string, number>>
  startWorker(): Promise<BenchWorker>
  stop(): Promise<void>
}

export interface BenchWorker {
  readonly pid: number
  /** To be asked while it lives. */
  peakRssMib(): number
  stop(): Promise<void>
}

const sourceScript = fileURLToPath(import.meta.resolve('../../infra/sample-source/main.ts'))
const workerScript = fileURLToPath(import.meta.resolve('../../src/cli/main.ts'))
const sourceReady = z.object({ url: z.string() })

export async function startBenchStack(say: (text: string) => void): Promise<BenchStack> {
  const own = await startPrivateServers(say)
  const { directory, servers } = own
  const paths = stackPaths(directory)
  const start = async (
    name: string,
    command: readonly string[],
    environment: NodeJS.ProcessEnv,
  ): Promise<Companion> => {
    const logFile = join(paths.logs, `${name}.log`)
    const options = { name, command, logFile, lifetime: 'attached' } as const
    const companion = await startCompanion({ ...options, environment })
    own.endBefore(() => stopCompanion(companion.identity))
    return companion
  }
  try {
    say('rendering the sample data')
    const arguments_ = ['--directory', join(directory, 'sample-source'), '--prepare']
    const source = await start('source', [sourceScript, ...arguments_], process.env)
    const sourceUrl = sourceReady.parse(JSON.parse(source.readyLine)).url
    const serverPids = Object.entries(readState(paths.state)?.servers ?? {}).map(
      ([name, identity]) => [name, identity.pid] as const,
    )
    return {
      directory,
      addresses: servers.addresses,
      sourceUrl,
      pids: { ...Object.fromEntries(serverPids), source: source.identity.pid },
      async startWorker() {
        const { identity } = await start('worker', [...workerFlags(), workerScript, 'worker'], {
          ...process.env,
          ...stackEnvironment(servers.addresses),
          SAMPLE_SOURCE_URL: sourceUrl,
        })
        const { pid } = identity
        return { pid, peakRssMib: () => peakRssMib(pid), stop: () => stopCompanion(identity) }
      },
      stop: own.stop,
    }
  } catch (error) {
    await own.stop()
    throw error
  }
}
