import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Worker } from '@temporalio/worker'
import { isClaimPayload, type ClaimCheckCodecOptions } from '../../codec/index.ts'
import { createLargeActivities } from './large-activities.ts'
import {
  blobKeys,
  eventually,
  firstActivityFailure,
  firstBlobOf,
  firstTaskFailure,
  payloadsIn,
} from './run-observations.ts'
import { TemporalBed } from './temporal-bed.ts'
import {
  lengthOf,
  lettersQuery,
  letterSignal,
  mailbox,
  receiveLarge,
  sendLarge,
  threeLarge,
} from './temporal-workflows.ts'

const THRESHOLD_BYTES = 128 * 1024

// At the same time, because the server lets ten seconds pass before it tries a failed task again.
describe('codec on a real Temporal server', { concurrency: true }, () => {
  let bed: TemporalBed
  before(async () => {
    bed = await TemporalBed.open()
  })
  after(async () => bed.close())

  async function openWorker(
    taskQueue: string,
    options: Partial<ClaimCheckCodecOptions> = {},
  ): Promise<{ worker: Worker; runs: { shout: number; make: number } }> {
    const { activities, runs } = createLargeActivities()
    return { worker: await bed.worker(taskQueue, activities, options), runs }
  }

  it('carries three large arguments and results; history holds claims, and replays', async () => {
    const taskQueue = `codec-${randomUUID()}`
    const own = { namespace: taskQueue }
    const { worker } = await openWorker(taskQueue, own)
    const texts = [1, 2, 3].map(() => randomBytes(750_000).toString('hex'))
    const [one = '', two = '', three = ''] = texts
    const handle = await worker.runUntil(async () => {
      const started = await bed.client(own).workflow.start(threeLarge, {
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
    const query = `WorkflowId = '${taskQueue}' AND TemporalExternalPayloadCount = 10`
    await eventually(async () => (await bed.client().workflow.count(query)).count || undefined)

    // A new process replays: its codec encodes the commands again and must leave nothing new.
    const written = await blobKeys(bed.store, taskQueue)
    assert.equal(written.length, 7)
    await bed.replay(history, own)
    assert.deepEqual(await blobKeys(bed.store, taskQueue), written)
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
      const handle = await bed.client().workflow.start(lengthOf, {
        taskQueue,
        workflowId: taskQueue,
        args: [text],
      })
      const key = await firstBlobOf(handle)
      const good = await bed.store.get(key)
      const bad = await damage(good)
      await bed.store.delete([key])
      if (bad !== undefined) await bed.store.put(key, bad, { contentType: 'x/y' })

      const { worker } = await openWorker(taskQueue)
      await worker.runUntil(async () => {
        const message = await firstTaskFailure(handle)
        assert.match(message, code)
        assert.ok(message.includes(key), message)
        assert.equal((await handle.describe()).status.name, 'RUNNING')
        await bed.store.put(key, good, { contentType: 'x/y' })
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
        const handle = await bed.client().workflow.start(sendLarge, {
          taskQueue,
          workflowId: taskQueue,
          args: [elsewhere, fatal],
        })
        const key = await firstBlobOf(handle)
        const good = await bed.store.get(key)
        await bed.store.delete([key])
        const other = await openWorker(elsewhere)
        const said = await other.worker.runUntil(async () => {
          if (fatal.length > 0) return handle.result()
          await firstActivityFailure(handle)
          await bed.store.put(key, good, { contentType: 'x/y' })
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
      bed.client().workflow.execute(receiveLarge, {
        taskQueue,
        workflowId: taskQueue,
        args: [3_000_000],
      }),
    )
    assert.match(said, /^PAYLOAD_TOO_LARGE: .*30000\d\d bytes.*2000000 bytes/)
    assert.equal(runs.make, 1)
  })

  it('carries large signals and query results', async () => {
    const taskQueue = `codec-${randomUUID()}`
    const letters = [1, 2].map(() => randomBytes(200_000).toString('hex'))
    const [one = '', two = ''] = letters
    const { worker } = await openWorker(taskQueue)
    await worker.runUntil(async () => {
      const handle = await bed.client().workflow.start(mailbox, {
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
