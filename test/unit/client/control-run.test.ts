import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Client } from '@temporalio/client'
import { controlRun, RUN_CONTROLS, setConcurrency } from '../../../src/client/control-run.ts'

/** One run of that type, which keeps what it is told. */
function runOf(type: string, closeTime?: Date) {
  const told: unknown[] = []
  const handle = {
    describe: async () => ({ type, closeTime, runId: 'latest', status: { code: 1 }, raw }),
    signal: async (...words: unknown[]) => told.push(words),
    cancel: async () => told.push('cancel'),
  }
  const raw = { workflowExecutionInfo: { firstRunId: 'first' } }
  return { told, client: { workflow: { getHandle: () => handle } } as unknown as Client }
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
    const { client, told } = runOf('backfill', new Date())
    const late = setConcurrency(client, 'x', { itemsInFlight: 8 })
    await assert.rejects(late, { code: 'RUN_ENDED', message: /too late to change it/ })
    await assert.rejects(controlRun(client, 'x', 'cancel'), { code: 'RUN_ENDED' })
    assert.deepEqual(told, [])
  })
})
