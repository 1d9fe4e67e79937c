import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { WorkflowHandle } from '@temporalio/client'
import type { Worker } from '@temporalio/worker'
import { connectClient } from '../../src/client/connect-temporal.ts'
import { checksum, noise } from '../support/noise.ts'
import { blobKeys, taskFailures } from './run-observations.ts'
import { StoreProxy } from './store-proxy.ts'
import { required } from './store-under-test.ts'
import { TemporalBed } from './temporal-bed.ts'
import { limitActivities } from './temporal-limit-activities.ts'
import {
  checksums,
  giveBack,
  manyArguments,
  manyChildren,
  manyLocalResults,
  manyResults,
  manyRounds,
  manySignals,
  parcelSignal,
  parcelUpdate,
  shareDocument,
  takeParcels,
  valuesOf,
  type Sizes,
} from './temporal-limit-workflows.ts'

const KIB = 1024

// One worker for all; each run has a codec namespace of its own where it counts objects.
describe('the limits of the server', () => {
  const taskQueue = `limits-${randomUUID()}`
  let bed: TemporalBed
  let worker: Worker
  let running: Promise<void>
  before(async () => {
    bed = await TemporalBed.open()
    worker = await bed.worker(taskQueue, limitActivities, { namespace: taskQueue })
    running = worker.run()
  })
  after(async () => {
    worker.shutdown()
    await running
    await bed.close()
  })

  const options = <const Args extends unknown[]>(args: Args) => ({
    taskQueue,
    workflowId: `limits-${randomUUID()}`,
    args,
  })
  const client = () => bed.client({ namespace: taskQueue })

  /** No task failed or timed out on the way, and a new process can do it again, leaving nothing new. */
  async function requireSmooth(handle: WorkflowHandle): Promise<void> {
    const history = await handle.fetchHistory()
    assert.deepEqual(taskFailures(history), [])
    await bed.replay(history, { namespace: taskQueue })
  }

  const fans: Readonly<Record<string, [typeof manyArguments, Sizes]>> = {
    'twenty arguments of 110 KB in one list': [
      manyArguments,
      { calls: 1, values: 20, sizeBytes: 110_000 },
    ],
    'three arguments of 1.5 MB in one task': [
      manyArguments,
      { calls: 3, values: 1, sizeBytes: 1_500_000 },
    ],
    'one argument of 2.2 MB': [manyArguments, { calls: 1, values: 1, sizeBytes: 2_200_000 }],
    'forty arguments of 190 KiB in one task': [
      manyArguments,
      { calls: 40, values: 1, sizeBytes: 190 * KIB },
    ],
    '110 arguments just under the threshold in one task': [
      manyArguments,
      { calls: 110, values: 1, sizeBytes: 127 * KIB },
    ],
    'five hundred arguments of 4 KiB in one task': [
      manyArguments,
      { calls: 25, values: 20, sizeBytes: 4 * KIB },
    ],
    'sixty results of 120 KiB': [manyResults, { calls: 60, values: 1, sizeBytes: 120 * KIB }],
    'one result of 4.2 MB': [manyResults, { calls: 1, values: 1, sizeBytes: 4_200_000 }],
    'results of 36 local activities, reported in one task': [
      manyLocalResults,
      { calls: 36, values: 1, sizeBytes: 120 * KIB },
    ],
    'six children with 960 KiB each, started in one task, and their results': [
      manyChildren,
      { calls: 6, values: 8, sizeBytes: 120 * KIB },
    ],
    'six signals of 960 KiB to another workflow, sent in one task': [
      manySignals,
      { calls: 6, values: 8, sizeBytes: 120 * KIB },
    ],
  }
  for (const [name, [workflow, sizes]] of Object.entries(fans)) {
    it(`take ${name}`, async () => {
      const handle = await client().workflow.start<typeof workflow>(workflow, options([sizes]))
      const expected = checksums(sizes)
      assert.deepEqual((await handle.result()).toSorted(), expected.toSorted())
      await requireSmooth(handle)
    })
  }

  const starts: Readonly<Record<string, Sizes>> = {
    'one value of 4.4 MB': { calls: 1, values: 1, sizeBytes: 4_400_000 },
    'forty values of 110 KB': { calls: 1, values: 40, sizeBytes: 110_000 },
  }
  for (const [name, sizes] of Object.entries(starts)) {
    it(`take a start with ${name}, and the same as its result`, async () => {
      const values = valuesOf(0, sizes)
      const handle = await client().workflow.start(giveBack, options(values))
      const result = await handle.result()
      assert.equal(checksum(result), checksum(...values))
      await requireSmooth(handle)
    })
  }

  it('take signals with the start, and updates, of several megabytes', async () => {
    const values = valuesOf(0, { calls: 1, values: 30, sizeBytes: 110_000 })
    const large = noise(77, 3_000_000)
    const handle = await client().workflow.signalWithStart(takeParcels, {
      ...options([2]),
      signal: parcelSignal,
      signalArgs: values,
    })
    const answer = await handle.executeUpdate(parcelUpdate, { args: [large] })
    assert.equal(checksum(answer), checksum(large))
    assert.deepEqual(await handle.result(), [checksum(...values), checksum(large)].toSorted())
    await requireSmooth(handle)
  })

  it('keep what is inline inline when it is replayed: rounds are told apart', async () => {
    const namespace = `rounds-${randomUUID()}`
    const sizes = { calls: 7, values: 1, sizeBytes: 125 * KIB }
    const rounds = await bed.worker(namespace, limitActivities, { namespace })
    const handle = await rounds.runUntil(async () => {
      const started = await bed.client({ namespace }).workflow.start(manyRounds, {
        ...options([3, sizes]),
        taskQueue: namespace,
      })
      assert.equal(await started.result(), checksums(sizes).join())
      return started
    })
    assert.deepEqual(await blobKeys(bed.store, namespace), [])
    const history = await handle.fetchHistory()
    assert.deepEqual(taskFailures(history), [])
    await bed.replay(history, { namespace })
    assert.deepEqual(await blobKeys(bed.store, namespace), [])
  })

  it('let the client of this project fetch a history of 6 MB', async () => {
    const sizes = { calls: 48, values: 1, sizeBytes: 125 * KIB }
    const handle = await client().workflow.start(manyResults, options([sizes]))
    await handle.result()
    const temporal = { address: required('TEMPORAL_ADDRESS'), namespace: bed.namespace }
    const ours = await connectClient(temporal, { store: bed.store, thresholdBytes: 128 * KIB })
    try {
      const again = ours.workflow.getHandle(handle.workflowId)
      const { raw } = await again.describe()
      assert.ok(Number(raw.workflowExecutionInfo?.historySizeBytes) > 6_000_000)
      const { events } = await again.fetchHistory()
      assert.equal(events?.filter((event) => event.activityTaskCompletedEventAttributes).length, 48)
    } finally {
      await ours.connection.close()
    }
  })

  it('leave one object of a document that a thousand activities share, written and read once', async () => {
    const namespace = `shared-${randomUUID()}`
    const proxy = await StoreProxy.open()
    const codec = { namespace, store: proxy.store, thresholdBytes: 8 * KIB }
    try {
      const sharing = await bed.worker(namespace, limitActivities, codec, {
        maxConcurrentActivityTaskPolls: 20,
        maxConcurrentWorkflowTaskPolls: 2,
      })
      const document = Buffer.from(noise(5, 9000)).toString('base64')
      const handle = await sharing.runUntil(async () => {
        const started = await bed
          .client({ ...codec, store: bed.store })
          .workflow.start(shareDocument, {
            ...options([1000, document]),
            taskQueue: namespace,
          })
        assert.equal(await started.result(), 1000 * document.length)
        return started
      })
      assert.equal((await blobKeys(bed.store, namespace)).length, 1)
      assert.equal(proxy.requests('GET', namespace).length, 1)
      // Now and then it looks whether the object is there still.
      assert.ok(proxy.requests('PUT', namespace).length < 10)
      assert.deepEqual(taskFailures(await handle.fetchHistory()), [])
    } finally {
      await proxy.close()
    }
  })
})
