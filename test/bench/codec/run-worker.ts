import type { DataConverter } from '@temporalio/common'
import type { NativeConnection, Runtime, Worker } from '@temporalio/worker'
import type { Claims } from '../../../codec/index.ts'
import { createBenchActivities } from './bench-activities.ts'
import { readFlightRows } from './flight-rows.ts'
import { watchProcess, type ProcessFigures } from './process-watch.ts'
import type { WorkerSettings } from './worker-settings.ts'

/** Each side brings the SDK of its own tree. */
export interface WorkerSdk {
  readonly NativeConnection: typeof NativeConnection
  readonly Runtime: typeof Runtime
  readonly Worker: typeof Worker
}

export interface SideOptions {
  readonly dataConverter: DataConverter
  readonly claims?: Claims
}

export interface WorkerFigures extends ProcessFigures {
  /** How often the body of `makeBytes` ran. */
  readonly bodyRuns: number
}

/** What the bench may ask of its worker; each is answered by figures. */
export type WorkerRequest = 'reset' | 'figures' | 'stop'

/** Runs a worker in this process until the bench that started it says so, or is gone. */
export async function runWorker(
  sdk: WorkerSdk,
  settings: WorkerSettings,
  { dataConverter, claims }: SideOptions,
): Promise<void> {
  const { address, namespace, taskQueue, bundlePath, rowsPath, rowsBytes } = settings
  // A failed task would be logged with all its payloads.
  const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }
  const filter = { core: 'ERROR', other: 'ERROR' } as const
  sdk.Runtime.install({ logger: silent, telemetryOptions: { logging: { filter } } })
  const rows = rowsBytes === 0 ? [] : readFlightRows(rowsPath, rowsBytes)
  const { runs, activities } = createBenchActivities({ rows, claims })
  const connection = await sdk.NativeConnection.connect({ address })
  const worker = await sdk.Worker.create({
    connection,
    namespace,
    taskQueue,
    activities,
    dataConverter,
    ...(bundlePath === undefined ? {} : { workflowBundle: { codePath: bundlePath } }),
    shutdownForceTime: '5 seconds',
  })
  const watch = watchProcess()
  const running = worker.run()
  const answer = async (request: WorkerRequest): Promise<WorkerFigures> => {
    if (request === 'reset') await watch.reset()
    if (request === 'stop') worker.shutdown()
    return { ...watch.figures(), bodyRuns: runs.makeBytes }
  }
  process.on('message', (request: WorkerRequest) => {
    void answer(request).then((figures) => process.send?.(figures))
  })
  process.on('disconnect', () => process.exit(1))
  process.send?.('ready')
  await running
  await connection.close()
  process.exit(0)
}
