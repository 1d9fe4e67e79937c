import { randomBytes, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import type { DataConverter } from '@temporalio/common'
import { bundleWorkflowCode } from '@temporalio/worker'
import type { StackAddresses } from '../../../infra/stack/stack-addresses.ts'
import { randomNumbers } from '../../e2e/support/random-numbers.ts'
import { runCli } from '../../support/run-cli.ts'
import { stackEnvironment } from '../../support/stack-environment.ts'
import { finishSoak, type FinishedFigures } from './finish-soak.ts'
import { forgetRuns } from './forget-runs.ts'
import { messageOf } from './message-of.ts'
import { openSoakCodec } from './open-soak-codec.ts'
import { emptyCounts, type SoakCounts } from './soak-counts.ts'
import { SoakKeepers } from './soak-keepers.ts'
import { loadSlices } from './soak-loads.ts'
import { loadQueueOf, startSoakProcesses } from './soak-processes.ts'
import type { SoakSettings } from './soak-settings.ts'
import { Writer, type Ended } from './write-workflows.ts'

export interface SoakOptions {
  readonly addresses: StackAddresses
  /** For what it writes; removed by who has made it. */
  readonly directory: string
  readonly seconds: number
  /** How long, in milliseconds of the machine, a day of the soak is; and what its settings say. */
  readonly dayMs: number
  readonly keptMs: number
  readonly graceMs: number
  readonly settleMs: number
  readonly writers: number
  readonly collectors: number
  /** Whether a pipeline is loaded into PostgreSQL and `claimcheck gc --apply` runs, too. */
  readonly hasLoads: boolean
  /** How often a worker falls. @default never */
  readonly killEveryMs?: number
  readonly say: (text: string) => void
}

export interface SoakFigures extends Omit<SoakCounts, 'troubles'>, FinishedFigures {
  readonly seconds: number
  /** Weeks of the soak that began and ended. */
  readonly weeks: number
  readonly troubles: number
  readonly correct: boolean
}

const workflowsPath = fileURLToPath(import.meta.resolve('./soak-workflows.ts'))
const commandEveryMs = 5_000
const forgetEveryMs = 500
/** What a schedule is told in whole seconds. */
const leastEveryMs = 1_000
/** Of an activity, and of a pause. */
const longestDays = 2.5
/** More of them would tell nothing more. */
const toldTroubles = 20

/**
 * Workflows, schedules and loads with large payloads go on for some time, with collections of garbage beside
 * them, on real servers and in real processes. Every history is decoded whole before it is forgotten, or at
 * the end; then nothing goes on, and all that was written has to be deleted.
 */
export async function runSoak(options: SoakOptions): Promise<SoakFigures> {
  const { addresses, directory, seconds, dayMs, say } = options
  const weekMs = 7 * dayMs
  const settings = await settingsOf(options)
  const { address, namespace } = addresses.temporal
  const codec = openSoakCodec(settings)
  const connection = await Connection.connect({ address })
  const client = new Client({ connection, namespace, dataConverter: codec.dataConverter })
  const counts = emptyCounts()
  const ports = { ...settings, ...codec, client, counts, say }
  const processes = await startSoakProcesses({ ...options, settings, counts })
  const writing = { client, taskQueue: settings.taskQueue, counts, longestMs: longestDays * dayMs }
  const keepers = new SoakKeepers({ ...writing, random: randomNumbers(0) })
  const over = new AbortController()
  const { signal } = over
  const seen = new Set<string>()
  try {
    say(`weeks of ${weekMs / 1000} s go by for ${seconds} s`)
    await keepers.begin(Math.max(dayMs, leastEveryMs))
    const ended: Ended[] = []
    const living = Promise.all([
      ...Array.from({ length: options.writers }, (_, index) =>
        new Writer({ ...writing, random: randomNumbers(index + 1) }, ended).run(signal),
      ),
      keepers.tell(dayMs, signal),
      again(forgetEveryMs, signal, counts, () => forgetRuns(ports, { ...settings, seen })),
      ...(options.hasLoads
        ? [
            loadSlices(
              {
                client,
                counts,
                directory,
                taskQueue: loadQueueOf(settings),
                databaseUrl: addresses.database.url,
              },
              signal,
            ),
            again(commandEveryMs, signal, counts, () => runCommand(addresses, counts)),
          ]
        : []),
      processes.killSome(signal),
    ])
    await Promise.race([delay(seconds * 1000), living])
    over.abort()
    await living
    say(JSON.stringify(counts))
    await keepers.end()
    await processes.stopCollectors()
    const finished = await finishSoak(ports, { seen, remove: () => keepers.remove() })
    const { troubles, ...figures } = counts
    for (const trouble of troubles.slice(0, toldTroubles)) say(trouble)
    const isTried = counts.deleted > 0 && counts.claims > 0 && finished.heldOld > 0
    return {
      seconds,
      weeks: Math.floor((seconds * 1000) / weekMs),
      ...figures,
      ...finished,
      troubles: troubles.length,
      correct: troubles.length === 0 && isTried,
    }
  } finally {
    over.abort()
    await processes.stop()
    await connection.close()
    codec.store.close()
  }
}

async function settingsOf(options: SoakOptions): Promise<SoakSettings> {
  const { addresses, directory, dayMs, keptMs, graceMs, settleMs } = options
  const { temporal, store } = addresses
  const { endpoint, credentials } = store
  if (endpoint === undefined || credentials === undefined) throw new Error('no embedded store')
  const bundlePath = join(directory, 'soak-workflows.js')
  const settings = {
    temporal,
    store: { ...store, endpoint, credentials },
    taskQueue: `soak-${randomUUID()}`,
    encryptionKeys: `soak:${randomBytes(32).toString('base64')}`,
    bundlePath,
    pace: { beganAtMs: Date.now(), dayMs },
    keptMs,
    graceMs,
    settleMs,
  }
  await bundle(bundlePath, openSoakCodec(settings).dataConverter)
  return settings
}

async function bundle(path: string, converters: DataConverter): Promise<void> {
  const { payloadConverterPath, failureConverterPath } = converters
  const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger,
    ...(payloadConverterPath === undefined ? {} : { payloadConverterPath }),
    ...(failureConverterPath === undefined ? {} : { failureConverterPath }),
  })
  writeFileSync(path, code)
}

/** Does something over and over until the signal; what is under way then comes to its end. */
async function again(
  everyMs: number,
  signal: AbortSignal,
  { troubles }: SoakCounts,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: unknown) => troubles.push(messageOf(error)))
    await delay(everyMs, undefined, { signal }).catch(() => undefined)
  }
}

/** By the machine's time nothing is old: it has to leave all as it is. */
async function runCommand(addresses: StackAddresses, counts: SoakCounts): Promise<void> {
  const environment = { ...process.env, ...stackEnvironment(addresses) }
  const { exitCode, stderr } = await runCli(
    ['gc', '--apply', '--yes', '--grace', '0s'],
    environment,
  )
  counts.commands += 1
  if (exitCode !== 0) counts.troubles.push(`claimcheck gc: ${stderr}`)
}
