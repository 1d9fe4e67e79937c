import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { staticKeys, type ClaimCheckCodecOptions } from '../../codec/index.ts'
import { blobKeys, eventually, payloadsIn, taskFailures } from './run-observations.ts'
import { StoreProxy } from './store-proxy.ts'
import { TemporalBed } from './temporal-bed.ts'
import { createPathActivities } from './temporal-path-activities.ts'
import {
  documentOf,
  echoChild,
  everyPath,
  finishSignal,
  isWaitingQuery,
  memo,
  noteSignal,
  notesQuery,
  swapUpdate,
} from './temporal-path-workflows.ts'

/** How long a task waits for a worker that has gone. */
const shortlySticky = { stickyQueueScheduleToStartTimeout: '1 second' }

describe('every path through Temporal', { concurrency: true }, () => {
  let bed: TemporalBed
  before(async () => {
    bed = await TemporalBed.open({ encrypting: true })
  })
  after(async () => bed.close())

  const heartbeatSeen = async (workflowId: string) =>
    eventually(async () => {
      const { raw } = await bed.client().workflow.getHandle(workflowId).describe()
      const details = raw.pendingActivities?.map(({ heartbeatDetails }) => heartbeatDetails)
      return details?.find((found) => (found?.payloads?.length ?? 0) > 0)
    })

  const ways: Readonly<Record<string, () => Partial<ClaimCheckCodecOptions>>> = {
    'in the clear': () => ({}),
    encrypted: () => ({ encryption: staticKeys({ keys: { one: randomBytes(32) } }) }),
  }
  for (const [name, way] of Object.entries(ways)) {
    it(`takes large values ${name}; worker restarts and replays leave nothing new and read each blob once`, async () => {
      const taskQueue = `paths-${randomUUID()}`
      const codec = { ...way(), namespace: taskQueue }
      const { activities, attempts } = createPathActivities(heartbeatSeen)
      const client = bed.client(codec)
      const first = await bed.worker(taskQueue, activities, codec, shortlySticky)
      const handle = await first.runUntil(async () => {
        const started = await client.workflow.start(everyPath, {
          taskQueue,
          workflowId: taskQueue,
          args: [{ start: documentOf('start') }],
        })
        await started.signal(noteSignal, documentOf('signal'))
        assert.equal(
          await started.executeUpdate(swapUpdate, { args: [documentOf('update')] }),
          documentOf('update result'),
        )
        assert.deepEqual(await started.query(notesQuery), [documentOf('signal')])
        await eventually(async () => (await started.query(isWaitingQuery)) || undefined)
        return started
      })
      const soFar = await blobKeys(bed.store, taskQueue)

      // Another process, whose cache is empty, replays up to here and goes on.
      const proxy = await StoreProxy.open()
      try {
        const second = await bed.worker(taskQueue, activities, { ...codec, store: proxy.store })
        const result = await second.runUntil(async () => {
          await handle.query(notesQuery)
          assert.deepEqual(await blobKeys(bed.store, taskQueue), soFar)
          await handle.signal(finishSignal)
          return handle.result()
        })
        const expected = {
          start: documentOf('start'),
          activity: documentOf('activity'),
          activityAgain: documentOf('activity'),
          localActivity: documentOf('local activity'),
          child: `${documentOf('child')} and back`,
          failure: documentOf('failure'),
          childFailure: documentOf('child failure'),
          heartbeat: documentOf('heartbeat'),
          signal: documentOf('signal'),
          update: documentOf('update'),
        }
        assert.deepEqual(result, expected)
        assert.deepEqual(attempts, [1, 2])
        requireReadOnce(proxy)

        const written = await blobKeys(bed.store, taskQueue)
        const { firstExecutionRunId: runId } = handle
        proxy.forget()
        const reader = bed.client({ ...codec, store: proxy.store })
        const firstRun = await reader.workflow.getHandle(taskQueue, runId).describe()
        assert.deepEqual(firstRun.memo, memo)
        assert.deepEqual(proxy.requests('GET'), [])
        for (const run of [handle, client.workflow.getHandle(taskQueue, runId)]) {
          const history = await run.fetchHistory()
          assert.deepEqual(taskFailures(history), [])
          for (const payload of payloadsIn(history)) assert.ok(Number(payload.data?.length) < 2000)
          proxy.forget()
          await bed.replay(history, { ...codec, store: proxy.store })
          requireReadOnce(proxy)
        }
        assert.deepEqual(await blobKeys(bed.store, taskQueue), written)
      } finally {
        await proxy.close()
      }
    })
  }

  function requireReadOnce(proxy: StoreProxy): void {
    const paths = proxy.requests('GET', '/blobs/').map(({ path }) => path)
    assert.ok(paths.length > 0)
    assert.equal(new Set(paths).size, paths.length)
  }

  it('goes on in a run that was reset, with the blobs of the old one', async () => {
    const taskQueue = `paths-${randomUUID()}`
    const codec = { namespace: taskQueue }
    const { activities } = createPathActivities(heartbeatSeen)
    const client = bed.client(codec)
    const text = documentOf('reset')
    const first = await bed.worker(taskQueue, activities, codec, shortlySticky)
    const handle = await first.runUntil(async () => {
      const started = await client.workflow.start(echoChild, {
        taskQueue,
        workflowId: taskQueue,
        args: [text],
      })
      await started.result()
      return started
    })
    const written = await blobKeys(bed.store, taskQueue)
    const { events = [] } = await handle.fetchHistory()
    const completed = events?.filter((event) => event.workflowTaskCompletedEventAttributes)
    const { runId } = await client.workflowService.resetWorkflowExecution({
      namespace: bed.namespace,
      workflowExecution: { workflowId: taskQueue, runId: handle.firstExecutionRunId },
      reason: 'test',
      requestId: randomUUID(),
      workflowTaskFinishEventId: completed?.at(-1)?.eventId ?? null,
    })
    const reset = client.workflow.getHandle<typeof echoChild>(taskQueue, runId)
    const second = await bed.worker(taskQueue, activities, codec)
    assert.equal(await second.runUntil(reset.result()), `${text} and back`)
    const history = await reset.fetchHistory()
    await bed.replay(history, codec)
    assert.deepEqual(await blobKeys(bed.store, taskQueue), written)
  })

  it('starts runs by a schedule with a large argument, whose memo and list cost no read', async () => {
    const taskQueue = `paths-${randomUUID()}`
    const proxy = await StoreProxy.open()
    const codec = { namespace: taskQueue, store: proxy.store }
    const { activities } = createPathActivities(heartbeatSeen)
    const client = bed.client(codec)
    const text = documentOf('schedule')
    const schedule = await client.schedule.create({
      scheduleId: taskQueue,
      spec: {},
      memo,
      action: { type: 'startWorkflow', workflowType: echoChild, taskQueue, args: [text], memo },
    })
    try {
      const worker = await bed.worker(taskQueue, activities, { namespace: taskQueue })
      await worker.runUntil(async () => {
        await schedule.trigger()
        const run = await eventually(async () => {
          const { info } = await schedule.describe()
          return info.recentActions.at(0)?.action
        })
        const handle = bed.client(codec).workflow.getHandle(run.workflow.workflowId)
        assert.equal(await handle.result(), `${text} and back`)
        await bed.replay(await handle.fetchHistory(), codec)
        proxy.forget()
        assert.deepEqual((await handle.describe()).memo, memo)
      })
      const lister = bed.client(codec)
      const listed = await eventually(async () => {
        const summaries = await Array.fromAsync(lister.schedule.list())
        return summaries.find(({ scheduleId }) => scheduleId === taskQueue)
      })
      assert.deepEqual(listed.memo, memo)
      assert.equal(proxy.requests('GET').length, 0)
      // Its arguments are the claim's bytes, read by a process that has never seen them.
      const { action } = await lister.schedule.getHandle(taskQueue).describe()
      assert.deepEqual(action.type === 'startWorkflow' ? action.args : [], [text])
      assert.equal(proxy.requests('GET', '/blobs/').length, 1)
    } finally {
      await schedule.delete()
      await proxy.close()
    }
  })

  it('keeps memos inline though many starts with large arguments go out at once', async () => {
    const taskQueue = `paths-${randomUUID()}`
    const proxy = await StoreProxy.open()
    const client = bed.client({ namespace: taskQueue, store: proxy.store })
    try {
      const argument = randomBytes(90_000)
      const note = { note: randomBytes(1500).toString('base64') }
      const handles = await Promise.all(
        Array.from({ length: 30 }, async (_, index) =>
          client.workflow.start('nobodyRunsThis', {
            taskQueue,
            workflowId: `${taskQueue}-${index}`,
            args: [argument],
            memo: note,
          }),
        ),
      )
      const reader = bed.client({ namespace: taskQueue, store: proxy.store })
      await eventually(async () => {
        const query = `TaskQueue = '${taskQueue}'`
        const listed = await Array.fromAsync(reader.workflow.list({ query }))
        for (const found of listed) assert.deepEqual(found.memo, note)
        return listed.length === handles.length ? listed : undefined
      })
      assert.equal(proxy.requests('GET', '/blobs/').length, 0)
      await Promise.all(handles.map(async (handle) => handle.terminate()))
    } finally {
      await proxy.close()
    }
  })
})
