import { randomUUID } from 'node:crypto'
import { convertBatch } from '../../activities/convert-batch.ts'
import { partsPerItem } from '../../activities/landing/part-pages.ts'
import { landItem } from '../../activities/land-item.ts'
import { listItems } from '../../activities/list-items.ts'
import { prepareLoad } from '../../activities/prepare-load.ts'
import { stageBatch } from '../../activities/stage-batch.ts'
import type { DatasetId, PipelineDefinition } from '../../activities/index.ts'
import { createS3ObjectStore } from '../../codec/index.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { openPorts } from '../../src/worker/open-ports.ts'
import { WORKER_ROLES } from '../../workflows/task-queues.ts'
import { partition, type ScaleBed } from './scale-bed.ts'

/**
 * Seconds that the work on each item of a source takes by itself: the same activities, one after the
 * other, called straight by one process with as many at once as a worker has; no workflow, no queue.
 */
export async function floorSecondsPerItem(
  { addresses, session, directory }: ScaleBed,
  definition: PipelineDefinition,
): Promise<number> {
  const store = createS3ObjectStore(addresses.store)
  const { worker, taskQueue } = readSettings({})
  const opened = await openPorts({
    roles: WORKER_ROLES,
    addresses,
    store,
    client: session.client,
    taskQueue,
    loadsAtOnce: worker.concurrency.loading,
    environment: {},
    sourceDirectories: [directory],
    stateDirectory: '.claimcheck-of-nobody',
    modules: [],
  })
  try {
    const { ports } = opened
    const attempt = { signal: new AbortController().signal }
    const interval = { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' }
    const requestedAt = new Date().toISOString()
    const datasetId = randomUUID() as DatasetId
    const told = { definition, interval, requestedAt, partition, datasetId, refetch: true }
    const { run } = await prepareLoad(ports, told, attempt)
    const { itemCount } = await listItems(ports, { run }, attempt)
    const fetching = limiter(worker.concurrency.fetching)
    const converting = limiter(worker.concurrency.converting)
    const loading = limiter(worker.concurrency.loading)
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < itemCount) {
        const item = next
        next += 1
        const partNumber = item * partsPerItem
        const { landedKey: batchKey } = await fetching(() =>
          landItem(ports, { run, item, maxBatches: partsPerItem }, attempt),
        )
        const batch = { run, batchKey, batch: 0, partNumber }
        await converting(() => convertBatch(ports, batch, attempt))
        await loading(() => stageBatch(ports, { run, partNumber, mayStay: true }, attempt))
      }
    }
    const began = performance.now()
    await Promise.all(Array.from({ length: 16 }, lane))
    return (performance.now() - began) / 1000 / itemCount
  } finally {
    await opened.close()
    store.close()
  }
}

/** Runs as many at once, the others in the order they came. */
function limiter(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running < most) running += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const goOn = waiting.shift()
      if (goOn === undefined) running -= 1
      else goOn()
    }
  }
}
