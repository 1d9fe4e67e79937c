import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplicationFailure } from '@temporalio/common'
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client'
import type { PipelineDefinition } from '../../activities/index.ts'
import { chainHistories } from '../../src/client/history-size.ts'
import { loadFailure } from '../../src/client/load-failure.ts'
import { progressQuery, type bulkLoad } from '../../workflows/index.ts'
import { eventually } from '../support/eventually.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { chainOfHistories } from '../support/run-histories.ts'
import {
  askedFor,
  inputOf,
  loadId,
  openWorkflowBed,
  startBulkLoad,
  whenAsked,
  whenProgress,
  type WorkflowBed,
} from './support/workflow-bed.ts'
import { plainDefinition } from '../support/plain-definition.ts'

const files: PipelineDefinition['source'] = {
  kind: 'file',
  paths: ['*'],
  format: 'ndjson',
  records: [],
  headers: {},
}

describe('a load that runs', { timeout: 300_000 }, () => {
  let bed: WorkflowBed
  let name: string
  before(async () => {
    bed = await openWorkflowBed()
  })
  after(() => bed?.close())
  beforeEach(() => {
    name = uniqueName('c')
    bed.asked = []
    bed.batches = 1
    bed.items = 2
    for (const one of Object.keys(bed.instead)) Reflect.deleteProperty(bed.instead, one)
  })

  const load = (item = '') => bed.client.workflow.getHandle<typeof bulkLoad>(loadId(name) + item)
  const start = (change: Partial<PipelineDefinition> = {}) =>
    startBulkLoad(bed, inputOf(plainDefinition(name, change)))
  const limits = (batchesInFlight: number, itemsInFlight: number) => ({
    batchBytes: 1,
    pageBytes: 1,
    attempts: 3,
    batchesInFlight,
    itemsInFlight,
  })
  const failure = async () => {
    const error: unknown = await load()
      .result()
      .then(
        () => assert.fail('it has not failed'),
        (caught: unknown) => caught,
      )
    return loadFailure(error, name)
  }

  /** Makes each call of an activity wait for its turn. */
  function hold(activity: 'convertBatch' | 'fetchBatch' | 'landItem', answer: object) {
    const waiting: (() => void)[] = []
    let calls = 0
    bed.instead[activity] = async () => {
      calls += 1
      await new Promise<void>((resolve) => waiting.push(resolve))
      return answer
    }
    return {
      begun: () => calls,
      release: (count = waiting.length) => {
        for (const resolve of waiting.splice(0, count)) resolve()
      },
    }
  }
  const part = { rowCount: 1, rejectCount: 0, firstReject: null, storedBytes: 1 }

  it('is paused between batches, goes on from there, and ends at once where it is cancelled', async () => {
    bed.batches = 4
    const converting = hold('convertBatch', part)
    await start({ limits: limits(1, 1) })
    await whenAsked(bed, 'convertBatch', 1)
    await load().signal('pause')
    await whenProgress(bed, name, ({ paused }) => paused === true)
    converting.release()
    // What runs ends, and nothing new begins.
    await whenProgress(bed, name, ({ batchesStaged }) => batchesStaged === 1)
    await load().query(progressQuery)
    assert.equal(askedFor(bed, 'fetchBatch').length, 1)
    await load().signal('resume')
    await whenAsked(bed, 'convertBatch', 2)
    await load().signal('pause')
    converting.release()
    await whenProgress(bed, name, ({ batchesStaged }) => batchesStaged === 2)
    const cancelled = load()
      .cancel()
      .then(() => load().result())
    await assert.rejects(cancelled, WorkflowFailedError)
    assert.match((await failure()).message, /was cancelled/)
    assert.equal(askedFor(bed, 'fetchBatch').length, 2)
    assert.deepEqual(bed.asked.at(-1)?.name, 'discardStaging over')
  })

  it('ends as cancelled, whatever an activity that was under way then fails with', async () => {
    const unreachable = ApplicationFailure.retryable('away', 'SOURCE_UNREACHABLE')
    const held = (activity: 'prepareLoad' | 'fetchBatch' | 'landItem') => {
      const waiting: (() => void)[] = []
      bed.instead[activity] = async () => {
        await new Promise<void>((resolve) => waiting.push(resolve))
        throw unreachable
      }
      return () => waiting.splice(0).forEach((resolve) => resolve())
    }
    const isAsked = (handle: WorkflowHandle) =>
      eventually('that the activity is asked to end', async () => {
        const { events } = await handle.fetchHistory()
        const isOne = events?.some(
          (event) => event.activityTaskCancelRequestedEventAttributes != null,
        )
        return isOne === true || undefined
      })
    for (const activity of ['prepareLoad', 'fetchBatch', 'landItem'] as const) {
      bed.asked = []
      const isOfItems = activity === 'landItem'
      const release = held(activity)
      await start(isOfItems ? { source: files } : {})
      await whenAsked(bed, activity, 1)
      await load().cancel()
      await isAsked(isOfItems ? load('/0') : load())
      release()
      await assert.rejects(load().result(), WorkflowFailedError, activity)
      assert.equal((await load().describe()).status.name, 'CANCELLED', activity)
      assert.match((await failure()).message, /was cancelled/)
      if (isOfItems) assert.equal((await load('/0').describe()).status.name, 'CANCELLED')
      const tidying = activity === 'prepareLoad' ? 'abandonRun' : 'discardStaging'
      const codes = askedFor(bed, tidying).map((input) => Object(input).failureCode)
      assert.deepEqual(codes, ['CANCELLED'], activity)
      delete bed.instead[activity]
    }
  })

  it('ends as cancelled, however well what was under way ends, where it was to go on as a new run', async () => {
    bed.batches = 20
    let staged = 0
    bed.instead.stageBatch = async () => {
      staged += 1
      // The last one of the first run.
      if (staged === 10) await load().cancel()
      return { rowCount: 1 }
    }
    await start({ limits: limits(1, 1) })
    assert.match((await failure()).message, /was cancelled/)
    assert.equal(staged, 10)
    assert.equal(askedFor(bed, 'discardStaging').length, 1)
  })

  it('does not publish while it is paused', async () => {
    const converting = hold('convertBatch', part)
    await start()
    await whenAsked(bed, 'convertBatch', 1)
    await load().signal('pause')
    converting.release()
    await whenProgress(bed, name, ({ batchesStaged }) => batchesStaged === 1)
    await load().query(progressQuery)
    assert.equal(askedFor(bed, 'sealDataset').length, 0)
    await load().signal('resume')
    assert.ok((await load().result()).datasetId)
  })

  it('has as much under way as it is told to', async () => {
    bed.batches = 9
    const converting = hold('convertBatch', part)
    await start({ limits: limits(1, 1) })
    await whenAsked(bed, 'convertBatch', 1)
    for (const wrong of [
      { batchesInFlight: 65 },
      { batchesInFlight: 1.5 },
      { batches: 3 },
      {},
      3,
    ]) {
      await load().signal('setConcurrency', wrong)
    }
    await load().signal('setConcurrency', { batchesInFlight: 3 })
    await eventually('three side by side', async () => converting.begun() === 3 || undefined)
    const { controls } = await load().query(progressQuery)
    assert.deepEqual(controls, { paused: false, batchesInFlight: 3, changes: 1 })
    await load().signal('setConcurrency', { batchesInFlight: 1 })
    converting.release(2)
    await whenProgress(bed, name, ({ batchesStaged }) => batchesStaged === 2)
    await load().query(progressQuery)
    assert.equal(converting.begun(), 3)
    bed.instead.convertBatch = async () => part
    converting.release()
    assert.equal((await load().result()).batchesStaged, 9)
  })

  it('tells its items what it is told', async () => {
    bed.items = 5
    bed.instead.landItem = async () => ({
      pages: 1,
      pagesFound: 0,
      sourceBytes: 1,
      storedBytes: 1,
      landedKey: 'k',
      batches: 3,
    })
    const converting = hold('convertBatch', part)
    await start({ source: files, limits: limits(1, 1) })
    await whenAsked(bed, 'convertBatch', 1)
    await load().signal('setConcurrency', { itemsInFlight: 2 })
    await whenAsked(bed, 'convertBatch', 2)
    for (let times = 0; times < 10; times += 1) {
      await load().signal('pause')
      await load().signal('resume')
    }
    await load().signal('setConcurrency', { batchesInFlight: 1 })
    await load().signal('pause')
    for (const item of ['/0', '/1']) {
      await eventually(item, async () => {
        const { paused, controls } = await load(item).query(progressQuery)
        return (paused === true && controls?.batchesInFlight === 1) || undefined
      })
    }
    converting.release()
    for (const item of ['/0', '/1']) {
      await eventually(item, async () => {
        const { batchesStaged } = await load(item).query(progressQuery)
        return batchesStaged === 1 || undefined
      })
    }
    assert.equal(converting.begun(), 2)
    bed.instead.convertBatch = async () => part
    await load().signal('setConcurrency', { batchesInFlight: 3 })
    await load().signal('resume')
    const { itemsLoaded, batchesStaged } = await load().result()
    assert.deepEqual([itemsLoaded, batchesStaged], [5, 15])
  })

  it('goes on without items that fail, publishes nothing, and names them', async () => {
    bed.items = 9
    const bad = new Set([1, 2, 4, 5, 6, 8])
    const wrong = ApplicationFailure.nonRetryable('secret data', 'SOURCE_MALFORMED')
    bed.instead.landItem = async ({ item }: { readonly item: number }) => {
      if (bad.has(item)) throw wrong
      return {
        pages: 1,
        pagesFound: 0,
        sourceBytes: 1,
        storedBytes: 1,
        landedKey: 'k',
        batches: 1,
      }
    }
    await start({ source: files, onItemFailure: 'continue' })
    const { code, message, remedy } = await failure()
    assert.equal(code, 'ITEMS_FAILED')
    assert.match(message, /^6 items of the source failed/)
    assert.match(message, /: (?:[124568] \(SOURCE_MALFORMED\), ){5}… \[/)
    assert.ok(!message.includes('secret'))
    assert.match(remedy, /Nothing was published/)
    assert.equal(askedFor(bed, 'stageBatch').length, 3)
    assert.equal(askedFor(bed, 'sealDataset').length, 0)
    assert.equal(bed.asked.at(-1)?.name, 'discardStaging over')

    bad.clear()
    await start({ source: files, onItemFailure: 'continue' })
    const { itemsLoaded, itemsFailed } = await load().result()
    assert.deepEqual([itemsLoaded, itemsFailed], [9, undefined])
  })

  it('keeps its history small while it loads many items', async () => {
    bed.items = 30
    const { firstExecutionRunId } = await start({ source: files, limits: limits(1, 16) })
    assert.equal((await load().result()).itemsLoaded, 30)
    const runs = await chainHistories(bed.client, loadId(name), firstExecutionRunId)
    assert.equal(runs.length, 1)
    // A run takes 200 of them.
    for (const { bytes } of runs) assert.ok((bytes / 30) * 200 < 1_000_000, `${bytes} bytes`)
  })

  it('handles every signal once and in order, however often it goes on as a new run', async () => {
    bed.batches = 10_000
    bed.instead.fetchBatch = async ({ firstPage }: { readonly firstPage: number }) => ({
      pages: 1,
      pagesFound: 0,
      sourceBytes: 1,
      storedBytes: 1,
      batchKey: 'k',
      anchor: null,
      next: firstPage < bed.batches ? 'more' : null,
    })
    const { firstExecutionRunId } = await start()
    const count = 500
    const sent = Array.from({ length: count }, (_, index) => ({
      batchesInFlight: (index % 8) + 1,
      itemsInFlight: (index % 64) + 1,
    }))
    // A hundred each second, whether or not those before have arrived.
    const sending: Promise<void>[] = []
    for (const concurrency of sent) {
      sending.push(load().signal('setConcurrency', concurrency))
      await sleep(10)
    }
    await Promise.all(sending)
    const { runId } = await load().describe()
    if (runId === firstExecutionRunId) {
      await eventually(
        'a new run',
        async () => (await load().describe()).runId !== runId || undefined,
      )
    }
    bed.batches = 0
    const { controls } = await whenProgress(
      bed,
      name,
      ({ controls: seen }) => seen?.changes === count,
    )
    await load().result()
    const histories = await chainOfHistories(bed.client, loadId(name), firstExecutionRunId)
    const receivedByRun = histories.map(({ events }) =>
      (events ?? [])
        .flatMap(
          ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads ?? [],
        )
        .map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()) as unknown),
    )
    // It went on as a new run, mostly while they came: a busy machine gets through fewer batches.
    assert.ok(histories.length > 1)
    const received = receivedByRun.flat()
    const sorted = (signals: readonly unknown[]) =>
      signals.map((signal) => JSON.stringify(signal)).toSorted()
    assert.deepEqual(sorted(received), sorted(sent))
    // Each was obeyed once, and the last one last.
    assert.deepEqual(controls, { paused: false, ...Object(received.at(-1)), changes: count })
  })
})
