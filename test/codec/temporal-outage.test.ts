import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Context } from '@temporalio/activity'
import { ActivityFailure, ApplicationFailure, WorkflowFailedError } from '@temporalio/client'
import type { Worker } from '@temporalio/worker'
import type { ClaimCheckCodecOptions } from '../../codec/index.ts'
import { eventually, firstActivityFailure, firstTaskFailure } from './run-observations.ts'
import type { Fault } from '../support/http-proxy.ts'
import { StoreProxy } from './store-proxy.ts'
import { TemporalBed } from './temporal-bed.ts'
import type { OutageActivities } from './temporal-outage-workflows.ts'
import { askElsewhere, lengthOf } from './temporal-workflows.ts'

const LARGE = 300_000
const large = 'y'.repeat(LARGE)

interface Place {
  readonly proxy: StoreProxy
  readonly taskQueue: string
  /** Of the activity, one for each time its body began. */
  readonly bodies: string[]
}

// At the same time, because the server lets ten seconds pass before it tries a failed task again.
describe('while the store does not answer', { concurrency: true }, () => {
  const reliableQueue = `reliable-${randomUUID()}`
  let bed: TemporalBed
  let reliable: Worker
  let running: Promise<void>
  before(async () => {
    bed = await TemporalBed.open()
    reliable = await bed.worker(reliableQueue, {})
    running = reliable.run()
  })
  after(async () => {
    reliable.shutdown()
    await running
    await bed.close()
  })

  /** Beside a worker that reaches the store by a proxy. */
  async function withProxiedWorker(
    work: (place: Place) => Promise<void>,
    body: (place: Place) => Promise<string> = async () => large,
    codec: Partial<ClaimCheckCodecOptions> = {},
  ): Promise<void> {
    // Two tries of each request, so that the codec soon hears of what lasts.
    const proxy = await StoreProxy.open({ maxAttempts: 2 })
    const place = { proxy, taskQueue: `outage-${randomUUID()}`, bodies: [] as string[] }
    const activities: OutageActivities = {
      async answer(question) {
        place.bodies.push(question)
        return body(place)
      },
    }
    const proxied = { store: proxy.store, ...codec }
    const worker = await bed.worker(place.taskQueue, activities, proxied)
    try {
      await worker.runUntil(async () => work(place))
    } finally {
      await proxy.close()
    }
  }

  const ask = async ({ taskQueue }: Place) =>
    bed.client().workflow.start(askElsewhere, {
      taskQueue: reliableQueue,
      workflowId: taskQueue,
      args: [taskQueue, LARGE],
    })

  for (const fault of ['drop', 503] as const) {
    it(`(${fault}) a workflow task is tried again until it does`, async () => {
      await withProxiedWorker(async ({ proxy, taskQueue }) => {
        proxy.fault = () => fault
        const handle = await bed.client().workflow.start(lengthOf, {
          taskQueue,
          workflowId: taskQueue,
          args: [`${taskQueue}${large}`],
        })
        assert.match(await firstTaskFailure(handle), /The store /)
        assert.equal((await handle.describe()).status.name, 'RUNNING')
        proxy.fault = () => undefined
        assert.equal(await handle.result(), taskQueue.length + LARGE)
      })
    })
  }

  it('an activity waits for its argument, and its body runs once', async () => {
    await withProxiedWorker(async (place) => {
      place.proxy.fault = () => 'drop'
      const handle = await ask(place)
      await firstActivityFailure(handle)
      assert.equal(place.bodies.length, 0)
      place.proxy.fault = () => undefined
      assert.equal(await handle.result(), LARGE)
      assert.equal(place.bodies.length, 1)
    })
  })

  it('a result whose upload fails three times does not run the body again', async () => {
    const drops: string[] = []
    const dropThree = (): ((asked: { method: string }) => Fault) => (asked) => {
      if (asked.method === 'GET' || drops.length === 3) return undefined
      drops.push(asked.method)
      return 'drop'
    }
    await withProxiedWorker(
      async (place) => {
        const handle = await ask(place)
        assert.equal(await handle.result(), LARGE + place.taskQueue.length)
        assert.equal(place.bodies.length, 1)
        assert.equal(drops.length, 3)
      },
      async ({ proxy, taskQueue }) => {
        proxy.fault = dropThree()
        return `${taskQueue}${large}`
      },
    )
  })

  it('large heartbeat details do not cancel the activity: it ends as it would', async () => {
    let isSeen = false
    await withProxiedWorker(
      async (place) => {
        const handle = await ask(place)
        await eventually(async () => place.proxy.requests('PUT').length >= 2 || undefined)
        place.proxy.fault = () => undefined
        await eventually(async () => {
          const { raw } = await handle.describe()
          return raw.pendingActivities?.at(0)?.heartbeatDetails?.payloads?.at(0)
        })
        isSeen = true
        assert.equal(await handle.result(), LARGE)
        assert.equal(place.bodies.length, 1)
      },
      async ({ proxy, taskQueue }) => {
        const { cancellationSignal } = Context.current()
        proxy.forget()
        proxy.fault = () => 'drop'
        Context.current().heartbeat(`${taskQueue}${large}`)
        await eventually(async () => isSeen || cancellationSignal.aborted || undefined)
        cancellationSignal.throwIfAborted()
        return large
      },
    )
  })

  it('for good, a result ends its activity by the retry policy, with what to do', async () => {
    await withProxiedWorker(
      async (place) => {
        const handle = await ask(place)
        const failure: unknown = await handle.result().catch((error: unknown) => error)
        assert.ok(
          failure instanceof WorkflowFailedError && failure.cause instanceof ActivityFailure,
        )
        const { cause } = failure.cause
        assert.ok(cause instanceof ApplicationFailure)
        assert.equal(cause.type, 'STORE_UNREACHABLE')
        assert.match(cause.message, /Check that the store runs/)
        assert.equal(place.bodies.length, 10)
      },
      async ({ proxy, taskQueue, bodies }) => {
        proxy.fault = ({ method }) => (method === 'GET' ? undefined : 'drop')
        return `${taskQueue}${bodies.length}${large}`
      },
      { activityTimeoutMs: 100 },
    )
  })
})
