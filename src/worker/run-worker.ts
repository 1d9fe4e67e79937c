import { Client } from '@temporalio/client'
import { GracefulShutdownPeriodExpiredError, NativeConnection, Runtime } from '@temporalio/worker'
import { createActivities } from '../../activities/index.ts'
import { markNamespace } from '../../activities/retention/namespace-mark.ts'
import {
  createDataConverter,
  createS3ObjectStore,
  type WarningListener,
} from '../../codec/index.ts'
import type { DatabaseAddress, StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { connectionOptions, reach } from '../client/connect-temporal.ts'
import { createRetentionHistories } from '../client/retention-histories.ts'
import type { PayloadSettings } from '../config/read-settings.ts'
import type { WorkerSettings } from '../config/worker-settings.ts'
import type { ListedBucket } from '../sources/files/source-buckets.ts'
import type { HostList } from '../sources/host-list.ts'
import { countCodec } from './count-codec.ts'
import { createWorkers } from './create-workers.ts'
import type { Tracing } from './open-tracing.ts'
import { openPorts } from './open-ports.ts'

/** The servers that a worker needs; the database only where it loads. */
export type WorkerAddresses = Pick<StackAddresses, 'temporal' | 'store'> & {
  readonly database?: DatabaseAddress
}

export interface RunWorkerOptions {
  readonly addresses: WorkerAddresses
  readonly taskQueue: string
  readonly worker: WorkerSettings
  readonly payloads: PayloadSettings
  /** Hears what the codec warns of. */
  readonly onWarning: WarningListener
  /** Where `${NAME}` references of pipelines are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The only hosts that sources may be at. @default those that pipelines name, and what is public */
  readonly sourceHosts?: HostList | undefined
  /** The only directories beneath which sources may read files. @default the working directory */
  readonly sourceDirectories?: readonly string[] | undefined
  /** What `s3://` sources may read of the worker's own store. @default all that its credentials reach */
  readonly sourceBuckets?: readonly ListedBucket[] | undefined
  /** Where this project keeps its own state: no source reads there. */
  readonly stateDirectory: string
  /** The directories that modules of pipelines are taken from. */
  readonly modules: readonly string[]
  /** Called when the worker polls. */
  readonly onReady: () => void
  /** Ends the worker when it aborts: running activities are given time to finish or hand over. */
  readonly signal: AbortSignal
}

/** Polls the queues of its roles until `signal` aborts. */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const { addresses, taskQueue, worker, payloads, onWarning, signal } = options
  const { namespace } = addresses.temporal
  const { onEvent, onRetry } = countCodec(Runtime.instance().metricMeter)
  const store = createS3ObjectStore({ ...addresses.store, onRetry })
  const connection = await reach(addresses.temporal, () =>
    NativeConnection.connect(connectionOptions(addresses.temporal)),
  )
  // One for both: what an activity starts goes through the same cache and the same limit.
  const dataConverter = createDataConverter({ ...payloads, store, namespace, onWarning, onEvent })
  const client = new Client({ connection, namespace, dataConverter })
  // Nothing of a load depends on it.
  const marking = markNamespace(
    { store, histories: createRetentionHistories(client) },
    signal,
  ).catch(({ message }: Error) =>
    Runtime.instance().logger.warn(`the bucket is not marked: ${message}`),
  )
  const tracing = worker.tracesUrl === undefined ? undefined : await traceTo(worker.tracesUrl)
  const opened = await openPorts({
    ...options,
    roles: worker.roles,
    client,
    store,
    loadsAtOnce: worker.concurrency.loading,
  })
  try {
    const workers = await createWorkers({
      ...worker,
      connection,
      namespace,
      taskQueue,
      dataConverter,
      payloads,
      tracing,
      activities: createActivities(opened.ports),
    })
    const running = workers.map((each) => each.run())
    const stop = (): void => {
      for (const each of workers) if (each.getState() === 'RUNNING') each.shutdown()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
    options.onReady()
    // A worker that ends by itself has failed: the others must not go on alone.
    const ends = await Promise.allSettled(running.map((run) => run.finally(stop)))
    for (const end of ends) {
      // All that was under way was handed over; only the server's answer to that was not waited for.
      const isForced = end.status === 'rejected' && isShutdownForced(end.reason)
      if (end.status === 'rejected' && !isForced) throw end.reason
    }
  } finally {
    await opened.close()
    await tracing?.close()
    await marking
    store.close()
    // Of workers that were not waited for it is in use yet; the process ends without.
    await connection.close().catch(() => undefined)
  }
}

function isShutdownForced(error: unknown): boolean {
  return error instanceof GracefulShutdownPeriodExpiredError
}

/** Heavy, and few want it. */
async function traceTo(url: string): Promise<Tracing> {
  const { openTracing } = await import('./open-tracing.ts')
  return openTracing(url)
}
