import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { createActivities, DuckDb } from '../../activities/index.ts'
import {
  createDataConverter,
  createS3ObjectStore,
  type WarningListener,
} from '../../codec/index.ts'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { connectionOptions, reach } from '../client/connect-temporal.ts'
import { createLoadStarter } from '../client/load-starter.ts'
import type { PayloadSettings } from '../config/read-settings.ts'
import type { HostList } from '../sources/host-list.ts'
import { createSources } from '../sources/create-sources.ts'
import { createTargets } from '../targets/create-targets.ts'
import { createParquetTarget } from '../targets/parquet/parquet-target.ts'
import { createPostgresTarget } from '../targets/postgres/postgres-target.ts'
import { createWorkers } from './create-workers.ts'

export interface RunWorkerOptions {
  readonly addresses: StackAddresses
  readonly taskQueue: string
  readonly payloads: PayloadSettings
  /** Hears what the codec warns of. */
  readonly onWarning: WarningListener
  /** Where `${NAME}` references of pipelines are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The only hosts that sources may be at. @default those that pipelines name, and what is public */
  readonly sourceHosts?: HostList | undefined
  /** The only directories beneath which sources may read files. @default the working directory */
  readonly sourceDirectories?: readonly string[] | undefined
  /** Where this project keeps its own state: no source reads there. */
  readonly stateDirectory: string
  /** The directories that modules of pipelines are taken from. */
  readonly modules: readonly string[]
  /** Called when the worker polls. */
  readonly onReady: () => void
  /** Ends the worker when it aborts: running activities are given time to finish or hand over. */
  readonly signal: AbortSignal
}

/** Polls both queues until `signal` aborts. */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const { addresses, taskQueue, payloads, onWarning, signal } = options
  const { namespace } = addresses.temporal
  const store = createS3ObjectStore(addresses.store)
  const sources = createSources({
    environment: options.environment,
    allowedHosts: options.sourceHosts,
    store: addresses.store,
    directories: options.sourceDirectories,
    stateDirectory: options.stateDirectory,
    modules: options.modules,
  })
  const connection = await reach(addresses.temporal, () =>
    NativeConnection.connect(connectionOptions(addresses.temporal)),
  )
  const duckDb = await DuckDb.open({
    spillDirectory: join(tmpdir(), `claimcheck-spill-${process.pid}`),
  })
  const target = createTargets({
    postgres: createPostgresTarget({ url: addresses.database.url }),
    parquet: createParquetTarget({
      store: addresses.store,
      duckDb,
      environment: options.environment,
      allowedHosts: options.sourceHosts,
    }),
  })
  // One for both: what an activity starts goes through the same cache and the same limit.
  const dataConverter = createDataConverter({ ...payloads, store, namespace, onWarning })
  const client = new Client({ connection, namespace, dataConverter })
  const starter = createLoadStarter(client, taskQueue)
  try {
    const workers = await createWorkers({
      connection,
      namespace,
      taskQueue,
      dataConverter,
      payloads,
      activities: createActivities({ store, ...sources, target, duckDb, starter }),
    })
    const running = workers.map((worker) => worker.run())
    const stop = (): void => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
    options.onReady()
    // A worker that ends by itself has failed: the other one must not go on alone.
    const ends = await Promise.allSettled(running.map((run) => run.finally(stop)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  } finally {
    await sources.close()
    await target.close()
    store.close()
    duckDb.close()
    await connection.close()
  }
}
