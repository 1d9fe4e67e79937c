import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import type { DataConverter, Payload } from '@temporalio/common'
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker'
import {
  createDataConverter,
  isClaimPayload,
  parseClaimPayload,
  type ClaimCheckCodecOptions,
  type ObjectKey,
  type ObjectStore,
} from '../../codec/index.ts'
import { createLargeActivities } from './large-activities.ts'
import { openStoreUnderTest, required } from './store-under-test.ts'
import {
  lengthOf,
  lettersQuery,
  letterSignal,
  mailbox,
  receiveTooLarge,
  sendLarge,
  threeLarge,
} from './temporal-workflows.ts'

const address = required('TEMPORAL_ADDRESS')
const namespace = required('TEMPORAL_NAMESPACE')
const THRESHOLD_BYTES = 128 * 1024

describe('codec on a real Temporal server', () => {
  let store: ObjectStore
  let connection: Connection
  let native: NativeConnection
  let workflowBundle: { code: string }
  before(async () => {
    store = await openStoreUnderTest()
    connection = await Connection.connect({ address })
    native = await NativeConnection.connect({ address })
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(import.meta.resolve('./temporal-workflows.ts')),
      logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
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

  function openClient(): Client {
    return new Client({ connection, namespace, dataConverter: converter() })
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
    const { worker } = await openWorker(taskQueue)
    const texts = [1, 2, 3].map(() => randomBytes(750_000).toString('hex'))
    const [one = '', two = '', three = ''] = texts
    const handle = await worker.runUntil(async () => {
      const started = await openClient().workflow.start(threeLarge, {
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

    const before = await blobKeys(store)
    await Worker.runReplayHistory({ workflowBundle, dataConverter: converter() }, history)
    assert.deepEqual(await blobKeys(store), before)
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

  it('fails an activity once and for good whose argument is missing', async () => {
    const taskQueue = `codec-${randomUUID()}`
    const elsewhere = `${taskQueue}-elsewhere`
    const { worker } = await openWorker(taskQueue)
    await worker.runUntil(async () => {
      const handle = await openClient().workflow.start(sendLarge, {
        taskQueue,
        workflowId: taskQueue,
        args: [elsewhere],
      })
      const key = await firstBlobOf(handle)
      await store.delete([key])
      const other = await openWorker(elsewhere)
      const said = await other.worker.runUntil(async () => handle.result())
      assert.match(said, /^BLOB_MISSING for good: .*Put the object back/)
      assert.ok(said.includes(key))
      assert.equal(other.runs.shout, 0)
    })
  })

  it('runs an activity once whose result is over the ceiling, not for ever', async () => {
    const taskQueue = `codec-${randomUUID()}`
    const { worker, runs } = await openWorker(taskQueue, { maxPayloadBytes: 2_000_000 })
    const said = await worker.runUntil(async () =>
      openClient().workflow.execute(receiveTooLarge, {
        taskQueue,
        workflowId: taskQueue,
        args: [3_000_000],
      }),
    )
    assert.match(said, /^PAYLOAD_TOO_LARGE for good: .*3000020 bytes.*2000000 bytes/)
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

/** Every payload of a history, wherever it stands in it. */
function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return []
  if ('metadata' in value && 'data' in value && value.data instanceof Uint8Array) {
    return [value as Payload]
  }
  return Object.values(value).flatMap(payloadsIn)
}

async function firstBlobOf(handle: WorkflowHandle): Promise<ObjectKey> {
  const claim = await eventually(async () => {
    return payloadsIn(await handle.fetchHistory()).find(isClaimPayload)
  })
  return parseClaimPayload(claim).key
}

async function firstTaskFailure(handle: WorkflowHandle): Promise<string> {
  return eventually(async () => {
    const { events } = await handle.fetchHistory()
    const failures = events?.map(
      (event) => event.workflowTaskFailedEventAttributes?.failure?.message,
    )
    return failures?.find((message) => typeof message === 'string') ?? undefined
  })
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error('waited 20 s in vain')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function blobKeys(store: ObjectStore): Promise<ObjectKey[]> {
  const keys: ObjectKey[] = []
  for await (const { key } of store.list('blobs/')) keys.push(key)
  return keys
}
