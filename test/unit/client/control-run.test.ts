import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Client } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'
import {
  controlRun,
  RUN_CONTROLS,
  setConcurrency,
  type Concurrency,
} from '../../../src/client/control-run.ts'

/** One run of that type, which keeps what it is told. */
function runOf(type: string, { closeTime, input }: { closeTime?: Date; input?: object } = {}) {
  const told: unknown[] = []
  const handle = {
    describe: async () => ({ type, closeTime, runId: 'latest', status: { code: 1 }, raw }),
    signal: async (...words: unknown[]) => told.push(words),
    cancel: async () => told.push('cancel'),
  }
  const raw = { workflowExecutionInfo: { firstRunId: 'first' } }
  const attributes = { input: { payloads: [defaultPayloadConverter.toPayload(input)] } }
  const event = { eventId: 1, workflowExecutionStartedEventAttributes: attributes }
  const client = {
    workflow: { getHandle: () => handle },
    options: {
      namespace: 'default',
      loadedDataConverter: {
        payloadCodecs: [],
        payloadConverter: defaultPayloadConverter,
      },
    },
    connection: { withAbortSignal: (_: AbortSignal, ask: () => Promise<unknown>) => ask() },
    workflowService: {
      getWorkflowExecutionHistory: async () => ({ history: { events: [event] } }),
    },
  }
  return { told, client: client as unknown as Client }
}

describe('what is asked of a run', () => {
  it('is told to the chain that runs', async () => {
    const { client, told } = runOf('bulkLoad')
    for (const control of RUN_CONTROLS) {
      const answer = await controlRun(client, 'etl/a/2001', control)
      assert.deepEqual(answer, { workflowId: 'etl/a/2001', runId: 'first' })
    }
    await setConcurrency(client, 'etl/a/2001', { itemsInFlight: 8 })
    const asked = ['setConcurrency', { itemsInFlight: 8 }]
    assert.deepEqual(told, [['pause'], ['resume'], 'cancel', asked])
  })

  it('is refused where the run has nothing of that kind, and told where that is not known', async () => {
    const refusal = { code: 'RUN_WITHOUT_CONCURRENCY' }
    const loadOf = (kind: string, more: object = {}) => ({
      input: { definition: { source: { kind } }, ...more },
    })
    const fromParts = loadOf('file', { reprocessing: { from: 'parts' } })
    const without: readonly (readonly [string, object, Concurrency])[] = [
      ['bulkLoad', loadOf('http'), { itemsInFlight: 8 }],
      ['bulkLoad', loadOf('module'), { itemsInFlight: 8, batchesInFlight: 2 }],
      ['reprocess', fromParts, { itemsInFlight: 8 }],
      ['backfill', {}, { batchesInFlight: 2, itemsInFlight: 8 }],
    ]
    for (const [type, run, asked] of without) {
      const { client, told } = runOf(type, run)
      await assert.rejects(setConcurrency(client, 'x', asked), refusal)
      assert.deepEqual(told, [])
    }
    const having: typeof without = [
      ['bulkLoad', loadOf('http'), { batchesInFlight: 2 }],
      ['bulkLoad', loadOf('postgres'), { itemsInFlight: 8 }],
      ['reprocess', loadOf('file', { reprocessing: { from: 'landing' } }), { itemsInFlight: 8 }],
      ['reprocess', fromParts, { batchesInFlight: 2 }],
      ['backfill', {}, { itemsInFlight: 8 }],
      ['bulkLoad', { input: {} }, { itemsInFlight: 8 }],
    ]
    for (const [type, run, asked] of having) {
      const { client, told } = runOf(type, run)
      await setConcurrency(client, 'x', asked)
      assert.deepEqual(told, [['setConcurrency', asked]])
    }
  })

  it('is refused where its kind does not know it, and where it has ended', async () => {
    for (const type of ['dailyGraph', 'callEndpoint', 'loadItem', 'scheduleTick']) {
      const { client, told } = runOf(type)
      const change = setConcurrency(client, 'x', { itemsInFlight: 8 })
      await assert.rejects(change, { code: 'RUN_WITHOUT_CONCURRENCY' })
      const pause = controlRun(client, 'x', 'pause')
      if (type === 'dailyGraph') await pause
      else await assert.rejects(pause, { code: 'RUN_NOT_PAUSABLE' })
      await controlRun(client, 'x', 'cancel')
      assert.equal(told.at(-1), 'cancel')
    }
    const { client, told } = runOf('backfill', { closeTime: new Date() })
    const late = setConcurrency(client, 'x', { itemsInFlight: 8 })
    await assert.rejects(late, { code: 'RUN_ENDED', message: /too late to change it/ })
    await assert.rejects(controlRun(client, 'x', 'cancel'), { code: 'RUN_ENDED' })
    assert.deepEqual(told, [])
  })
})
