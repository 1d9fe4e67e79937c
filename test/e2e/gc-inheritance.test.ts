import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Client, Connection } from '@temporalio/client'
import type { Payload } from '@temporalio/common'
import proto, { type temporal } from '@temporalio/proto'
import { heldClaims } from '../../activities/retention/held-claims.ts'
import { valueGarbage } from '../../activities/retention/value-garbage.ts'
import { toClaimPayload } from '../../codec/claim-payload.ts'
import { valueKey } from '../../codec/value-key.ts'
import {
  blobKey,
  generationOf,
  MemoryObjectStore,
  type Digest,
  type ObjectKey,
} from '../../codec/index.ts'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import { createRetentionHistories } from '../../src/client/retention-histories.ts'
import { eventually } from '../support/eventually.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'

const { CommandType } = proto.temporal.api.enums.v1
const { signal } = new AbortController()
const dayMs = 86_400_000
const patienceMs = 60_000
const namespace = 'default'

/** What the server copies and hides, asked for by its API alone: no worker, and no bundle. */
describe('what a server hands on', () => {
  let connection: Connection
  let client: Client
  const taskQueue = { name: uniqueName('handed-on') }

  before(async () => {
    const { temporal } = externalAddresses(process.env)
    assert.ok(temporal)
    connection = await Connection.connect({ address: temporal.address })
    client = new Client({ connection, namespace })
  })
  after(() => connection?.close())

  const claim = (): { readonly payload: Payload; readonly key: ObjectKey } => {
    const digest = randomBytes(32).toString('hex') as Digest
    const generation = generationOf(new Date())
    const key = blobKey({ namespace, generation, digest })
    const facts = { bucket: 'b', sizeBytes: 9, storedBytes: 9, encoding: 'json/plain' }
    return { payload: toClaimPayload({ kind: 'blob', key, digest, generation, ...facts }), key }
  }

  const start = (workflowId: string, more: object = {}) =>
    connection.workflowService.startWorkflowExecution({
      namespace,
      workflowId,
      workflowType: { name: 'handedOn' },
      taskQueue,
      requestId: randomUUID(),
      ...more,
    })

  /** Does the next task of a workflow, as a worker would. */
  const complete = async (command: temporal.api.command.v1.ICommand) => {
    const { workflowService } = connection
    const task = await connection.withDeadline(Date.now() + patienceMs, () =>
      workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'test' }),
    )
    await workflowService.respondWorkflowTaskCompleted({
      namespace,
      taskToken: task.taskToken,
      commands: [command],
    })
    return task
  }

  const returning = (payloads: Payload[]): temporal.api.command.v1.ICommand => ({
    commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
    completeWorkflowExecutionCommandAttributes: { result: { payloads } },
  })

  /** What is held by whatever's name begins so. */
  const heldKeys = async (name: string): Promise<Set<ObjectKey>> => {
    const all = { cut: new Date(0), isOld: () => true, isOldObject: () => true }
    const keys = new Set<ObjectKey>()
    for await (const held of heldClaims(createRetentionHistories(client), all, signal)) {
      if (!held.holder.startsWith(name)) continue
      for (const { key } of held.claims) keys.add(key)
    }
    return keys
  }

  it('is held by a schedule, which hands on what its last run returned', async () => {
    const { workflowService: service } = connection
    const scheduleId = uniqueName('schedule')
    const asked = { namespace, scheduleId }
    const action = {
      startWorkflow: { workflowId: scheduleId, workflowType: { name: 'handedOn' }, taskQueue },
    }
    await service.createSchedule({
      ...asked,
      requestId: randomUUID(),
      schedule: { spec: {}, action },
    })
    const fire = () =>
      service.patchSchedule({
        ...asked,
        requestId: randomUUID(),
        patch: { triggerImmediately: {} },
      })
    await fire()
    const { payload, key } = claim()
    await complete(returning([payload]))
    // To be asked makes the scheduler look at its runs.
    await eventually(
      'the scheduler to hear of the end',
      async () => {
        const { info } = await service.describeSchedule(asked)
        return info?.runningWorkflows?.length === 0 ? true : undefined
      },
      patienceMs,
    )
    assert.ok((await heldKeys(`schedule ${scheduleId}`)).has(key))
    await fire()
    const { history } = await complete(returning([]))
    const last = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.lastCompletionResult
    assert.deepEqual(Buffer.from(last?.payloads?.[0]?.data ?? []), Buffer.from(payload.data ?? []))
    await service.deleteSchedule(asked)
  })

  it('is held by a run that an ordinary listing does not show', async () => {
    const { payload, key } = claim()
    const division = {
      metadata: { encoding: Buffer.from('json/plain'), type: Buffer.from('Keyword') },
      data: Buffer.from('"a team"'),
    }
    const workflowId = uniqueName('hidden')
    await start(workflowId, {
      input: { payloads: [payload] },
      searchAttributes: { indexedFields: { TemporalNamespaceDivision: division } },
    })
    await complete(returning([]))
    const found = await eventually(
      'the run to be listed',
      async () => ((await heldKeys(`workflow ${workflowId},`)).has(key) ? true : undefined),
      patienceMs,
    )
    assert.ok(found)
  })

  it('holds values of a run that went on, whatever characters its id has', async () => {
    for (const characters of [`'"`, '\\', '\n%ü']) {
      const workflowId = uniqueName(`went${characters}on`)
      await start(workflowId)
      const continued = {
        commandType: CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
        continueAsNewWorkflowExecutionCommandAttributes: {
          workflowType: { name: 'handedOn' },
          taskQueue,
        },
      }
      const { workflowExecution } = await complete(continued)
      await complete(returning([]))
      const runId = workflowExecution?.runId ?? ''
      // As if it were gone, which takes the server its time.
      const histories = {
        ...createRetentionHistories(client),
        findRun: async () => undefined,
      }
      const store = new MemoryObjectStore({ clock: () => new Date() })
      const key = valueKey({ namespace, workflowId, runId }, 'value')
      await store.put(key, Buffer.from('x'), { contentType: 'text/plain' })
      const source = valueGarbage({ store, histories, graceMs: 0 })
      const now = new Date(Date.now() + 60 * dayMs)
      await eventually(
        `${JSON.stringify(workflowId)} to keep its value`,
        async () => {
          const [finding] = await Array.fromAsync(source({ now, signal }))
          return finding !== undefined && 'kept' in finding ? true : undefined
        },
        patienceMs,
      )
    }
  })
})
