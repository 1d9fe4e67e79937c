import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Context } from '@temporalio/activity'
import {
  ActivityFailure,
  ApplicationFailure,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client'
import proto from '@temporalio/proto'
import { staticKeys, type EncryptionKeys } from '../../codec/index.ts'
import { eventually, firstTaskFailure } from './run-observations.ts'
import { TemporalBed } from './temporal-bed.ts'
import type { SecretActivities } from './temporal-secret-workflows.ts'
import { leakNothing, lengthOf, secretSignal } from './temporal-workflows.ts'

const { GetWorkflowExecutionHistoryResponse, DescribeWorkflowExecutionResponse } =
  proto.temporal.api.workflowservice.v1

const secret = 'SECRET-OF-THIS-TEST'
const newKey = (): Uint8Array => randomBytes(32)

describe('encryption on a real Temporal server', { concurrency: true }, () => {
  let bed: TemporalBed
  before(async () => {
    bed = await TemporalBed.open({ encrypting: true })
  })
  after(async () => bed.close())

  /** A name that stands in the stack of what it throws. */
  function functionNamedSECRET(message: string): never {
    throw ApplicationFailure.nonRetryable(message, 'TOLD', secret)
  }

  /** All that the server says of a run, as it came over the wire. */
  async function rawBytes({ workflowId }: WorkflowHandle): Promise<Buffer> {
    const asked = { namespace: bed.namespace, execution: { workflowId } }
    const { workflowService } = bed.connection
    return Buffer.concat([
      GetWorkflowExecutionHistoryResponse.encode(
        await workflowService.getWorkflowExecutionHistory(asked),
      ).finish(),
      DescribeWorkflowExecutionResponse.encode(
        await workflowService.describeWorkflowExecution(asked),
      ).finish(),
    ])
  }

  const ways: Readonly<Record<string, EncryptionKeys | undefined>> = {
    'is there to be found without keys': undefined,
    'is nowhere with keys': staticKeys({ keys: { one: newKey() } }),
  }
  for (const [name, encryption] of Object.entries(ways)) {
    for (const size of ['inline', 'parked'] as const) {
      it(`the plain text ${name} (${size})`, async () => {
        const taskQueue = `encryption-${randomUUID()}`
        const codec = {
          namespace: taskQueue,
          // Compression would hide it too.
          compressBytes: Infinity,
          ...(encryption === undefined ? {} : { encryption }),
        }
        const text = size === 'inline' ? secret : `${secret} `.repeat(10_000)
        let isHeld = true
        const activities: SecretActivities = {
          async secretResult(given) {
            Context.current().heartbeat(text)
            await eventually(async () => !isHeld || undefined)
            return given
          },
          async secretFailure(given) {
            functionNamedSECRET(given)
          },
        }
        const worker = await bed.worker(taskQueue, activities, codec)
        const seen = await worker.runUntil(async () => {
          const client = bed.client(codec)
          const handle = await client.workflow.start(leakNothing, {
            taskQueue,
            workflowId: taskQueue,
            args: [text],
            memo: { note: secret },
            staticSummary: secret,
          })
          await handle.signal(secretSignal, text)
          const during = await eventually(async () => {
            const { raw } = await handle.describe()
            const details = raw.pendingActivities?.at(0)?.heartbeatDetails?.payloads?.length ?? 0
            return details > 0 ? rawBytes(handle) : undefined
          })
          isHeld = false
          const failure: unknown = await handle.result().catch((error: unknown) => error)
          assert.ok(failure instanceof WorkflowFailedError)
          assert.ok(failure.cause instanceof ActivityFailure)
          // Who has the keys sees all of it.
          const { cause } = failure.cause
          assert.ok(cause instanceof ApplicationFailure)
          assert.equal(cause.message, `${text} ${text}`)
          assert.match(cause.stack ?? '', /functionNamedSECRET/)
          assert.deepEqual(cause.details, [secret])
          assert.deepEqual((await handle.describe()).memo, { note: secret })
          return [during, await rawBytes(handle)]
        })
        for (const raw of seen) assert.equal(raw.includes('SECRET'), encryption === undefined)
        for await (const { key } of bed.store.list(`blobs/${taskQueue}/`)) {
          const blob = Buffer.from(await bed.store.get(key))
          if (encryption !== undefined) assert.ok(!blob.includes('SECRET'))
        }
      })
    }
  }

  const texts = { inline: 'short', parked: 'z'.repeat(300_000) }
  for (const [size, text] of Object.entries(texts)) {
    it(`a worker with a wrong key says so, and one with the right key goes on (${size})`, async () => {
      const taskQueue = `encryption-${randomUUID()}`
      const right = staticKeys({ keys: { one: newKey() } })
      const wrong = staticKeys({ keys: { one: newKey() } })
      const other = staticKeys({ keys: { two: newKey() } })
      const handle = await bed.client({ encryption: right }).workflow.start(lengthOf, {
        taskQueue,
        workflowId: taskQueue,
        args: [`${taskQueue}${text}`],
      })
      const mistaken = await bed.worker(taskQueue, {}, { encryption: wrong }, shortlySticky)
      const said = await mistaken.runUntil(firstTaskFailure(handle))
      assert.match(said, /key/)
      assert.ok(!said.includes(text))

      const worker = await bed.worker(taskQueue, {}, { encryption: right })
      await worker.runUntil(async () => {
        assert.equal(await handle.result(), taskQueue.length + text.length)
      })
      for (const [encryption, code] of [
        [wrong, 'ENCRYPTION_KEY_WRONG'],
        [other, 'ENCRYPTION_KEY_MISSING'],
      ] as const) {
        const client = bed.client({ encryption })
        await assert.rejects(client.workflow.getHandle(taskQueue).result(), { code })
      }
    })

    it(`a run that began with the old key ends with the new one, and both can read it (${size})`, async () => {
      const taskQueue = `encryption-${randomUUID()}`
      const keys = { old: newKey(), new: newKey() }
      const argument = `${taskQueue}${text}`
      const handle = await bed
        .client({ encryption: staticKeys({ current: 'old', keys: { old: keys.old } }) })
        .workflow.start(lengthOf, { taskQueue, workflowId: taskQueue, args: [argument] })
      const rotated = { encryption: staticKeys({ current: 'new', keys }) }
      const worker = await bed.worker(taskQueue, {}, rotated)
      await worker.runUntil(handle.result().catch(() => undefined))
      const reader = bed.client(rotated).workflow.getHandle<typeof lengthOf>(taskQueue)
      assert.equal(await reader.result(), argument.length)
      // The result was sealed with the new key, which the old client does not have.
      await assert.rejects(handle.result(), { code: 'ENCRYPTION_KEY_MISSING' })
      await bed.replay(await reader.fetchHistory(), rotated)
    })
  }
})

/** How long a task waits for a worker that has gone. */
const shortlySticky = { stickyQueueScheduleToStartTimeout: '1 second' }
