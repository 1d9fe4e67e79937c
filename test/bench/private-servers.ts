import { startStack, type RunningStack } from '../../infra/stack/start-stack.ts'
import { openBenchDirectory, type BenchDirectory } from './bench-directory.ts'

export interface PrivateServers extends Pick<BenchDirectory, 'endBefore'> {
  readonly directory: string
  readonly servers: RunningStack
  readonly stop: () => Promise<void>
}

/** Servers that nobody else uses, in a folder that is removed with them. */
export async function startPrivateServers(say: (text: string) => void): Promise<PrivateServers> {
  const bench = openBenchDirectory()
  // An empty environment: a measurement never uses servers that somebody works with.
  const servers = await startIn(bench, say, {})
  return {
    directory: bench.path,
    servers,
    endBefore: bench.endBefore,
    stop: bench.remove,
  }
}

/** Starts the servers that the environment does not name; where that fails, the folder goes. */
export async function startIn(
  bench: BenchDirectory,
  say: (text: string) => void,
  environment: Readonly<Record<string, string>>,
): Promise<RunningStack> {
  const options = { directory: bench.path, lifetime: 'attached', onProgress: say } as const
  const starting = startStack({ ...options, environment })
  bench.endBefore(async () => (await starting).stop())
  try {
    return await starting
  } catch (error) {
    await bench.remove().catch(() => undefined)
    throw error
  }
}
