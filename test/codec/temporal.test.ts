import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import type { DataConverter } from '@temporalio/common'
import {
  bundleWorkflowCode,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type Logger,
} from '@temporalio/worker'
import {
  createDataConverter,
  isClaimPayload,
  type ClaimCheckCodecOptions,
  type ObjectStore,
} from '../../codec/index.ts'
import { createLargeActivities } from './large-activities.ts'
import {
  blobKeys,
  firstActivityFailure,
  firstBlobOf,
  firstTaskFailure,
  payloadsIn,
} from './run-observations.ts'
import { openStoreUnderTest, required } from './store-under-test.ts'
import {
  lengthOf,
  lettersQuery,
  letterSignal,
  mailbox,
  receiveLarge,
  sendLarge,
  threeLarge,
} from './temporal-workflows.ts'

const address = required('TEMPORAL_ADDRESS')
const namespace = required('TEMPORAL_NAMESPACE')
const THRESHOLD_BYTES = 128 * 1024
/** The worker logs a failed task with all its payloads. */
const quiet: Logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }

// At the same time, because the server lets ten seconds pass before it tries a failed task again.
describe('codec on a real Temporal server', { concurrency: true }, () => {
  let store: ObjectStore
  let connection: Connection
  let native: NativeConnection
  let workflowBundle: { code: string }
  before(async () => {
    Runtime.install({
      logger: quiet,
      telemetryOptions: {
        logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) },
      },
    })
    store = await openStoreUnderTest()
    connection = await Connection.connect({ address })
    native = await NativeConnection.connect({ address })
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(import.meta.resolve('./temporal-workflows.ts')),
      logger: quiet,
    })
  })
  after(async () => {
    await native.close()
    await connection.close()
    store.close()
  })

  /** Each has a cache of its own, as separate processes have. */
  function converter(options: Partial<ClaimCheckCodecOptions> = {}): DataConverter {
    return createDataConverter({ store, namespace, ...options })
  }

  function openClient(options: Partial<ClaimCheckCodecOptions> = {}): Client {
    return new Client({ connection, namespace, dataConverter: converter(options) })
  }

  async function openWorker(
    taskQueue: string,
    options: Partial<ClaimCheckCodecOptions> = {},
  ): Promise<{ worker: Worker; runs: { shout: number; make: number } }> {
    const { activities, runs } = createLargeActivities()
    const worker = await Worker.create({
      connection: native,
      namespace,
      taskQueue,
      workflowBundle,
      activities,
      dataConverter: converter(options),
    })
    return { worker, runs }
  }

  it('carries three large arguments and results; history holds claims, and replays', async () => {
    const taskQueue = `codec-${randomUUID()}`
    const own = { namespace: taskQueue }
    const { worker } = await openWorker(taskQueue, own)
    const texts = [1, 2, 3].map(() => randomBytes(750_000).toString('hex'))
    const [one = '', two = '', three = ''] = texts
    const handle = await worker.runUntil(async () => {
      const started = await openClient(own).workflow.start(threeLarge, {
        taskQueue,
        workflowId: taskQueue,
        args: [one, two, three],
      })
      assert.deepEqual(
        await started.result(),
        texts.map((text) => `${text}!`),
      )
      return started
    })

    const history = await handle.fetchHistory()
    const payloads = payloadsIn(history)
    const claims = payloads.filter(isClaimPayload)
    // 3 arguments, 3 activity arguments, 3 activity results; the 4.5 MB result is one payload.
    assert.equal(claims.length, 10)
    for (const payload of payloads) {
      const data = Buffer.from(payload.data ?? [])
      assert.ok(data.byteLength < THRESHOLD_BYTES)
      assert.doesNotThrow(() => void JSON.parse(data.toString()))
    }
    for (const payload of claims) assert.ok((payload.data?.byteLength ?? 0) < 600)

    const { raw } = await handle.describe()
    assert.equal(Number(raw.workflowExecutionInfo?.externalPayloadCount), 10)
    assert.ok(Number(raw.workflowExecutionInfo?.externalPayloadSizeBytes) > 18_000_000)
    assert.ok(Number(raw.workflowExecutionInfo?.historySizeBytes) < 20_000)

    // A new process replays: its codec encodes the commands again and must leave nothing new.
    const written = await blobKeys(store, taskQueue)
    assert.equal(written.length, 7)
    await Worker.runReplayHistory({ workflowBundle, dataConverter: converter(own) }, history)
    assert.deepEqual(await blobKeys(store, taskQueue), written)
  })

  const damages = [
    { name: 'missing', code: /not in the store/, damage: async () => undefined },
    {
      name: 'damaged by one flipped byte',
      code: /blob is damaged/,
      damage: async (good: Uint8Array) => {
        const bad = Buffer.from(good)
        bad.writeUInt8(bad.readUInt8(bad.byteLength - 9) ^ 1, bad.byteLength - 9)
        return bad
      },
    },
  ]
  for (const { name, code, damage } of damages) {
    it(`waits, with a readable error, for a blob that is ${name}, and goes on once it is mended`, async () => {
      const taskQueue = `codec-${randomUUID()}`
      const text = randomBytes(150_000).toString('hex')
      const handle = await openClient().workflow.start(lengthOf, {
        taskQueue,
        workflowId: taskQueue,
        args: [text],
      })
      const key = await firstBlobOf(handle)
      const good = await store.get(key)
      const bad = await damage(good)
      await store.delete([key])
      if (bad !== undefined) await store.put(key, bad, { contentType: 'x/y' })

      const { worker } = await openWorker(taskQueue)
      await worker.runUntil(async () => {
        const message = await firstTaskFailure(handle)
        assert.match(message, code)
        assert.ok(message.includes(key), message)
        assert.equal((await handle.describe()).status.name, 'RUNNING')
        await store.put(key, good, { contentType: 'x/y' })
        assert.equal(await handle.result(), text.length)
      })
    })
  }

  it('lets an activity wait for its missing argument, or fail where its policy names the code', async () => {
    for (const fatal of [[], ['BLOB_MISSING']]) {
      const taskQueue = `codec-${randomUUID()}`
      const elsewhere = `${taskQueue}-elsewhere`
      const { worker } = await openWorker(taskQueue)
      await worker.runUntil(async () => {
        const handle = await openClient().workflow.start(sendLarge, {
          taskQueue,
          workflowId: taskQueue,
          args: [elsewhere, fatal],
        })
        const key = await firstBlobOf(handle)
        const good = await store.get(key)
        await store.delete([key])
        const other = await openWorker(elsewhere)
        const said = await other.worker.runUntil(async () => {
          if (fatal.length > 0) return handle.result()
          await firstActivityFailure(handle)
          await store.put(key, good, { contentType: 'x/y' })
          return handle.result()
        })
        if (fatal.length === 0) {
          assert.equal(said, 'done 300001')
        } else {
          assert.match(said, /^BLOB_MISSING: .*Put the object back/)
          assert.ok(said.includes(key))
        }
        // The body never ran on what it was not given.
        assert.equal(other.runs.shout, fatal.length === 0 ? 1 : 0)
      })
    }
  })

  it('runs an activity once whose result is over the ceiling, not for ever', async () => {
    const taskQueue = `codec-${randomUUID()}`
    const { worker, runs } = await openWorker(taskQueue, { maxPayloadBytes: 2_000_000 })
    const said = await worker.runUntil(async () =>
      openClient().workflow.execute(receiveLarge, {
        taskQueue,
        workflowId: taskQueue,
        args: [3_000_000],
      }),
    )
    assert.match(said, /^PAYLOAD_TOO_LARGE: .*3000020 bytes.*2000000 bytes/)
    assert.equal(runs.make, 1)
  })

  it('carries large signals and query results', async () => {
    const taskQueue = `codec-${randomUUID()}`
    const letters = [1, 2].map(() => randomBytes(200_000).toString('hex'))
    const [one = '', two = ''] = letters
    const { worker } = await openWorker(taskQueue)
    await worker.runUntil(async () => {
      const handle = await openClient().workflow.start(mailbox, {
        taskQueue,
        workflowId: taskQueue,
        args: [2],
      })
      await handle.signal(letterSignal, one)
      assert.deepEqual(await handle.query(lettersQuery), [one])
      await handle.signal(letterSignal, two)
      assert.deepEqual(await handle.result(), letters)
    })
  })
})
