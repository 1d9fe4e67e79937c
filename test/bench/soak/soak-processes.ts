import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stackEnvironment } from '../../support/stack-environment.ts'
import type { SoakOptions } from './run-soak.ts'
import { collectedSchema, type SoakCounts } from './soak-counts.ts'
import { soakEnvironment, type SoakSettings } from './soak-settings.ts'
import { startProcess, type SoakProcess, type SoakProcessOptions } from './start-process.ts'

export interface SoakProcesses {
  /** Kills a worker from time to time, and starts another one; until the signal. */
  killSome(signal: AbortSignal): Promise<void>
  /** Each when its collection has come to its end. */
  stopCollectors(): Promise<void>
  stop(): Promise<void>
}

export interface ProcessesOptions extends Pick<
  SoakOptions,
  'addresses' | 'directory' | 'collectors' | 'hasLoads' | 'killEveryMs'
> {
  readonly settings: SoakSettings
  readonly counts: SoakCounts
}

const workerCount = 2
const scripts = {
  worker: fileURLToPath(import.meta.resolve('./soak-worker.ts')),
  loads: fileURLToPath(import.meta.resolve('./soak-load-worker.ts')),
  collector: fileURLToPath(import.meta.resolve('./soak-collector.ts')),
}

/** The workers and the collectors of a soak. */
export async function startSoakProcesses(options: ProcessesOptions): Promise<SoakProcesses> {
  const { addresses, directory, settings, counts, killEveryMs } = options
  let started = 0
  const start = (
    name: keyof typeof scripts,
    more: Partial<SoakProcessOptions> = {},
  ): Promise<SoakProcess> => {
    started += 1
    return startProcess({
      script: scripts[name],
      environment: soakEnvironment(settings),
      logFile: join(directory, `${name}-${started}.log`),
      onLost: (why) => counts.troubles.push(why),
      ...more,
    })
  }
  const onMessage = (message: unknown): void => {
    const collected = collectedSchema.parse(message)
    if ('refused' in collected) counts.refused += 1
    else {
      counts.collections += 1
      counts.deleted += collected.deleted
    }
  }
  const workers: SoakProcess[] = []
  const collectors: SoakProcess[] = []
  const stop = async (some: SoakProcess[]): Promise<void> => {
    await Promise.all(some.splice(0).map((each) => each.stop()))
  }
  const stopAll = async (): Promise<void> => {
    await stop(collectors)
    await stop(workers)
  }
  try {
    for (let index = 0; index < workerCount; index += 1) workers.push(await start('worker'))
    if (options.hasLoads) {
      const environment = {
        ...stackEnvironment(addresses),
        ...soakEnvironment(settings),
        CLAIMCHECK_TASK_QUEUE: loadQueueOf(settings),
        CLAIMCHECK_ENCRYPTION_KEYS: settings.encryptionKeys,
        CLAIMCHECK_THRESHOLD_BYTES: '1024',
        CLAIMCHECK_SOURCE_DIRECTORIES: directory,
      }
      // Behind the others: what is killed is one of these.
      workers.push(await start('loads', { environment }))
    }
    for (let index = 0; index < options.collectors; index += 1)
      collectors.push(await start('collector', { onMessage }))
  } catch (error) {
    await stopAll()
    throw error
  }
  return {
    async killSome(signal) {
      if (killEveryMs === undefined) return
      for (let turn = 0; !signal.aborted; turn += 1) {
        await delay(killEveryMs, undefined, { signal }).catch(() => undefined)
        if (signal.aborted) return
        const index = turn % workerCount
        await workers[index]?.kill()
        counts.killedWorkers += 1
        workers[index] = await start('worker')
      }
    },
    stopCollectors: () => stop(collectors),
    stop: stopAll,
  }
}

/** Loads have workers of their own. */
export function loadQueueOf({ taskQueue }: Pick<SoakSettings, 'taskQueue'>): string {
  return `${taskQueue}-loads`
}
