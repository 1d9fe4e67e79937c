import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, type WorkflowHandle } from '@temporalio/client'
import { createS3ObjectStore, type ObjectFacts, type ObjectStore } from '../../../codec/index.ts'
import type { Side } from './bench-case.ts'
import type { CodecBed } from './codec-bed.ts'
import { ourSide } from './our-side.ts'
import { randomNonceEncryption } from './random-nonce-encryption.ts'
import { eventually } from './within.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'
import type { WorkerSettings } from './worker-settings.ts'

export interface TrialOptions {
  /** Through the proxy, which makes the store slow or failing. */
  readonly isProxied?: boolean
  readonly encryptionKey?: string
  /** Real rows that activities send. @default 0 */
  readonly rowsBytes?: number
}

/** One side in one case: a bucket and a task queue of its own. */
export interface Trial {
  readonly taskQueue: string
  /** The trial's bucket, not through the proxy. */
  readonly store: ObjectStore
  /** A fresh process; of another queue it serves only activities. */
  startWorker(otherQueue?: string): Promise<WorkerProcess>
  start(workflow: string, args: readonly unknown[]): Promise<WorkflowHandle>
  objects(): Promise<ObjectFacts[]>
}

const ourScript = fileURLToPath(import.meta.resolve('./our-worker.ts'))

/** `plain` is Temporal with no codec at all. What still runs at the end is ended. */
export async function withTrial<T>(
  bed: CodecBed,
  side: Side | 'plain',
  options: TrialOptions,
  work: (trial: Trial) => Promise<T>,
): Promise<T> {
  const name = `${side}-${randomUUID().slice(0, 8)}`
  const { address, namespace } = bed.temporal
  const { encryptionKey, rowsBytes = 0 } = options
  const direct = { ...bed.store, bucket: name }
  const settings: WorkerSettings = {
    address,
    namespace,
    taskQueue: name,
    store: options.isProxied === true ? { ...direct, endpoint: bed.proxy.endpoint } : direct,
    hasCodec: side !== 'plain',
    encryptionKey,
    bundlePath: undefined,
    rowsPath: bed.rowsPath,
    rowsBytes,
  }
  // The client reads what its side's worker writes; of the peer all of that is small.
  const dataConverter =
    side === 'ours'
      ? ourSide({ ...settings, store: direct }).dataConverter
      : randomNonceEncryption(encryptionKey)
  const client = new Client({ connection: bed.connection, namespace, dataConverter })
  const store = createS3ObjectStore(direct)
  await store.ensureBucket()
  const workers: WorkerProcess[] = []
  const handles: WorkflowHandle[] = []
  try {
    return await work({
      taskQueue: name,
      store,
      async startWorker(otherQueue) {
        const what =
          otherQueue === undefined
            ? { bundlePath: await bed.bundle(dataConverter) }
            : { taskQueue: otherQueue }
        const script = side === 'peer' ? bed.peerScript : ourScript
        const logFile = join(bed.directory, `${name}.log`)
        const worker = await startWorkerProcess(script, { ...settings, ...what }, logFile)
        workers.push(worker)
        return worker
      },
      async start(workflow, args) {
        const workflowId = `${name}-${handles.length}`
        // Longer than any case waits: one that hangs fails instead.
        const limit = { workflowExecutionTimeout: '4 minutes' } as const
        const start = { taskQueue: name, workflowId, args: [...args], ...limit }
        const handle = await client.workflow.start(workflow, start)
        handles.push(handle)
        return handle
      },
      objects: async () => Array.fromAsync(store.list('')),
    })
  } finally {
    bed.proxy.reset()
    for (const handle of handles) await handle.terminate().catch(() => undefined)
    await Promise.all(workers.map(async (worker) => worker.stop()))
    store.close()
  }
}

/** How many activities have ended; undefined while they are fewer than `count`. */
export async function endedActivities(
  handle: WorkflowHandle,
  count: number,
): Promise<number | undefined> {
  const { events } = await handle.fetchHistory()
  const ended = events?.filter((event) => event.activityTaskCompletedEventAttributes) ?? []
  return ended.length < count ? undefined : ended.length
}

/** Waits until so many activities have ended and the workflow has heard of all of them. */
export async function waitUntilIdle(handle: WorkflowHandle, count: number): Promise<void> {
  const last = await eventually(60_000, async () => {
    if ((await endedActivities(handle, count)) === undefined) return undefined
    const { events } = await handle.fetchHistory()
    return events?.at(-1)?.workflowTaskCompletedEventAttributes ?? undefined
  })
  if (last === undefined) throw new Error(`${handle.workflowId} does not come to rest`)
}
