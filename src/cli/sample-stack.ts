import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startStack, type RunningStack } from '../../infra/stack/start-stack.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { z } from 'zod'
import type { Settings } from '../config/read-settings.ts'
import { startCompanion, stopCompanion, type Companion } from './companion.ts'
import { readKeptCompanions, stopKeptCompanions, writeKeptCompanions } from './kept-companions.ts'

/** The servers, the sample source and a worker. */
export interface SampleStack {
  readonly servers: RunningStack
  readonly sourceUrl: string
  /** Ends what this call started, unless it is kept. */
  stop(): Promise<void>
}

const mainScript = fileURLToPath(import.meta.resolve('./main.ts'))
const sourceScript = fileURLToPath(import.meta.resolve('../../infra/sample-source/main.ts'))
const sourceReady = z.object({ url: z.string() })

/** Starts what the quickstart needs, or uses what an earlier `quickstart --keep` left running. */
export async function startSampleStack(
  settings: Settings,
  options: { readonly keep: boolean; readonly say: (text: string) => void },
): Promise<SampleStack> {
  const { directory } = settings
  const lifetime = options.keep ? 'detached' : 'attached'
  const servers = await startStack({ directory, lifetime, onProgress: options.say })
  const keptCompanions = readKeptCompanions(directory)
  if (keptCompanions !== undefined) {
    return { servers, sourceUrl: urlOf(keptCompanions.sampleSource), stop: () => servers.stop() }
  }

  await stopKeptCompanions(directory)
  const started: Companion[] = []
  const stop = async (): Promise<void> => {
    // The worker first: it hands back its work while the servers still listen.
    for (const { identity } of started.toReversed()) await stopCompanion(identity)
    await servers.stop()
  }
  try {
    const logs = stackPaths(directory).logs
    options.say('starting the sample source')
    const sampleSource = await startCompanion({
      name: 'sample source',
      command: [sourceScript, '--directory', join(directory, 'sample-source')],
      environment: process.env,
      lifetime,
      logFile: join(logs, 'sample-source.log'),
    })
    started.push(sampleSource)
    const sourceUrl = urlOf(sampleSource)
    options.say('starting a worker')
    const worker = await startCompanion({
      name: 'worker',
      command: [mainScript, 'worker'],
      environment: { ...process.env, SAMPLE_SOURCE_URL: sourceUrl },
      lifetime,
      logFile: join(logs, 'worker.log'),
    })
    started.push(worker)
    if (options.keep) {
      writeKeptCompanions(directory, { sampleSource, worker })
      return { servers, sourceUrl, stop: async () => undefined }
    }
    return { servers, sourceUrl, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function urlOf({ readyLine }: Companion): string {
  return sourceReady.parse(JSON.parse(readyLine)).url
}
