import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { Context } from '@temporalio/activity'
import { Client, Connection, WorkflowFailedError } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import type { Activities, LoadInput, PipelineDefinition } from '../../activities/index.ts'
import { loadFailure } from '../../src/client/load-failure.ts'
import { bundleWorkflows } from '../../src/worker/bundle-workflows.ts'
import { createLogger, installRuntime } from '../../src/worker/runtime-logger.ts'
import type { bulkLoad } from '../../workflows/index.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'

type Name = keyof Activities

const landed = { pages: 1, pagesFound: 0, sourceBytes: 1, storedBytes: 1 }

/** What the workflows ask for, by activities that do nothing but note it. */
describe('the workflows of a source of items', { timeout: 120_000 }, () => {
  let connection: Connection
  let native: NativeConnection
  let client: Client
  let workflowBundle: { code: string }
  let taskQueue: string
  let items: number
  /** How each activity behaves, where it is not as usual. */
  let instead: Partial<Record<Name, (input: never) => Promise<unknown>>>
  /** In order: what was asked for, and what is over. */
  let asked: { name: string; input: unknown }[]
  let stopping: (() => Promise<void>)[]

  before(async () => {
    installRuntime(createLogger('silent'))
    const address = process.env['TEMPORAL_ADDRESS'] ?? ''
    const namespace = process.env['TEMPORAL_NAMESPACE'] ?? 'default'
    connection = await Connection.connect({ address })
    native = await NativeConnection.connect({ address })
    client = new Client({ connection, namespace })
    workflowBundle = await bundleWorkflows({ encryptsFailures: false })
  })
  after(async () => {
    await native?.close()
    await connection?.close()
  })
  beforeEach(async () => {
    items = 2
    instead = {}
    asked = []
    stopping = []
    taskQueue = uniqueName('items')
    const { namespace } = client.options
    const common = { connection: native, namespace }
    const workers = [
      await Worker.create({ ...common, taskQueue, workflowBundle }),
      await Worker.create({
        ...common,
        taskQueue: `${taskQueue}-bulk`,
        activities: activities(),
        maxHeartbeatThrottleInterval: '200 milliseconds',
      }),
    ]
    for (const worker of workers) {
      const running = worker.run()
      stopping.push(async () => {
        worker.shutdown()
        await running
      })
    }
  })
  afterEach(async () => {
    await Promise.all(stopping.map((stop) => stop()))
  })

  function activities(): Record<Name, (input: never) => Promise<unknown>> {
    const usual = {
      prepareLoad: async ({ datasetId }: { datasetId: string }) => ({
        run: {
          pipeline: 'p',
          partition: 'x',
          datasetId,
          landing: { fetchKey: 'f', sequence: 1 },
        },
        storedBytes: 0,
      }),
      listItems: async () => ({ itemCount: items }),
      landItem: async () => ({ ...landed, landedKey: 'k', batches: 1 }),
      convertBatch: async () => ({ rowCount: 1, rejectCount: 2, firstReject: 'r', storedBytes: 1 }),
      stageBatch: async () => ({ rowCount: 1 }),
      transformDataset: async () => ({
        transformId: 'made',
        partCount: 1,
        rowCount: 1,
        storedBytes: 1,
      }),
      checkDataset: async () => undefined,
      sealDataset: async () => ({ manifestKey: 'm', storedBytes: 1 }),
      publishLoad: async () => ({ kind: 'published', counts: {} }),
      discardStaging: async () => undefined,
      fetchBatch: async () => assert.fail('a source of items is not walked through'),
    }
    const noted = Object.entries(usual).map(([name, work]) => [
      name,
      async (input: never) => {
        asked.push({ name, input })
        try {
          return await (instead[name as Name] ?? work)(input)
        } finally {
          asked.push({ name: `${name} over`, input })
        }
      },
    ])
    return Object.fromEntries(noted) as Record<Name, (input: never) => Promise<unknown>>
  }

  const names = () => asked.map(({ name }) => name)
  const inputsOf = (wanted: string) =>
    asked.filter(({ name }) => name === wanted).map(({ input }) => input as { run: unknown })

  async function start(change: Partial<PipelineDefinition> = {}) {
    const definition: PipelineDefinition = {
      name: 'p',
      source: { kind: 'file', paths: ['*'], format: 'ndjson', records: [], headers: {} },
      columns: [],
      onReject: { max: 100 },
      target: { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' },
      limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 2, attempts: 1 },
      ...change,
    }
    const input: LoadInput = {
      definition,
      partition: 'x',
      interval: { start: '', end: '' },
      requestedAt: '',
      refetch: false,
    }
    const workflowId = `etl/${taskQueue}`
    return client.workflow.start<typeof bulkLoad>('bulkLoad', {
      workflowId,
      taskQueue,
      args: [input],
    })
  }

  /** Waits to be cancelled, and then takes its time to end. */
  const untilCancelled = async (): Promise<unknown> => {
    const beating = setInterval(() => Context.current().heartbeat(), 100)
    try {
      return await Context.current().cancelled
    } finally {
      await new Promise((resolve) => setTimeout(resolve, 500))
      clearInterval(beating)
    }
  }

  async function whenAsked(wanted: string, times: number): Promise<void> {
    while (inputsOf(wanted).length < times) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  it('end with their parent, before it cleans up', async () => {
    instead.landItem = untilCancelled
    const load = await start()
    await whenAsked('landItem', 2)
    await load.cancel()
    await assert.rejects(load.result(), (error: unknown) => {
      assert.ok(error instanceof WorkflowFailedError)
      assert.match(loadFailure(error, 'x').message, /was cancelled/)
      return true
    })
    assert.deepEqual(names().slice(-4), [
      'landItem over',
      'landItem over',
      'discardStaging',
      'discardStaging over',
    ])
    for (const item of [0, 1]) {
      const { status } = await client.workflow.getHandle(`${load.workflowId}/${item}`).describe()
      assert.equal(status.name, 'CANCELLED')
    }
  })

  it('are waited for by the next load, where their parent was ended by force', async () => {
    instead.landItem = untilCancelled
    const first = await start()
    await whenAsked('landItem', 2)
    await first.terminate()
    delete instead.landItem
    const { itemsLoaded } = await (await start()).result()
    assert.equal(itemsLoaded, 2)
    for (const item of [0, 1]) {
      const ofItem = asked.filter(({ input }) => (input as { item?: number }).item === item)
      assert.deepEqual(
        ofItem.map(({ name }) => name),
        ['landItem', 'landItem over', 'landItem', 'landItem over'],
      )
    }
  })

  it('are stopped by what they have rejected together', async () => {
    const load = await start({ onReject: { max: 3 } })
    const failure = loadFailure(await load.result().catch((error: unknown) => error), 'x')
    assert.equal(failure.code, 'REJECT_LIMIT_EXCEEDED')
    assert.match(failure.message, /4 rows were rejected, 3 are allowed/)
    assert.ok(!names().includes('sealDataset'))
    assert.equal(names().at(-1), 'discardStaging over')
  })

  it('go on with the parts of the attempt at a transform that has ended, of no item as well', async () => {
    items = 0
    let publishings = 0
    instead.publishLoad = async () => {
      publishings += 1
      return publishings === 1
        ? { kind: 'staging-incomplete', missingParts: [0] }
        : { kind: 'published', counts: {} }
    }
    const load = await start({
      transform: { sql: 'from input', scope: 'dataset' },
      checks: [{ kind: 'row_count', min: 1 }],
    })
    assert.equal((await load.result()).rows, 1)
    const [transformed] = inputsOf('transformDataset')
    const run = { ...(transformed?.run as object), transformId: 'made' }
    assert.deepEqual(transformed, { run: transformed?.run, partCount: 0 })
    assert.deepEqual(inputsOf('stageBatch'), [
      { run, partNumber: 0 },
      { run, partNumber: 0 },
    ])
    assert.deepEqual(inputsOf('checkDataset'), [{ run }])
    const counts = { partCount: 1, rowCount: 1, rejectCount: 0 }
    assert.deepEqual(inputsOf('sealDataset'), [{ run, ...counts }])
  })
})
