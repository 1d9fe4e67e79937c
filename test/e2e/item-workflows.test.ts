import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { PipelineDefinition } from '../../activities/index.ts'
import { chainHistories } from '../../src/client/history-size.ts'
import { loadFailure } from '../../src/client/load-failure.ts'
import { runEnd } from '../../src/client/run-end.ts'
import { progressQuery, type bulkLoad, type loadItem } from '../../workflows/index.ts'
import type { LoadItemInput } from '../../workflows/load-item.ts'
import { noProgress } from '../../workflows/load-progress.ts'
import { eventually } from '../support/eventually.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import { chainOfHistories } from '../support/run-histories.ts'
import { plainDefinition } from '../support/plain-definition.ts'
import { fewItemsPerRun, holdItems, landedItem, untilCancelled } from './support/held-items.ts'
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

interface OfItem {
  readonly item: number
}

/** What the workflows ask for, by activities that do nothing but note it. */
describe('the workflows of a source of items', { timeout: 300_000 }, () => {
  let bed: WorkflowBed
  let name: string
  before(async () => {
    bed = await openWorkflowBed()
  })
  after(() => bed?.close())
  beforeEach(() => {
    name = uniqueName('items')
    bed.asked = []
    bed.items = 2
    for (const one of Object.keys(bed.instead)) Reflect.deleteProperty(bed.instead, one)
  })

  const names = () => bed.asked.map(({ name: asked }) => asked)
  const load = () => bed.client.workflow.getHandle<typeof bulkLoad>(loadId(name))
  const itemRun = (item: number) =>
    bed.client.workflow.getHandle<typeof loadItem>(`${loadId(name)}/${item}`)
  const statusOf = async (item: number) => (await itemRun(item).describe()).status.name
  const start = (change: Partial<PipelineDefinition> = {}) =>
    startBulkLoad(
      bed,
      inputOf(
        plainDefinition(name, {
          source: { kind: 'file', paths: ['*'], format: 'ndjson', records: [], headers: {} },
          onReject: { max: 100 },
          limits: limits(2),
          ...change,
        }),
      ),
    )
  const usual = { batchBytes: 1, pageBytes: 1, batchesInFlight: 2, attempts: 1 }
  const limits = (itemsInFlight: number) => ({ ...usual, itemsInFlight })
  const failure = async () => {
    const error: unknown = await load()
      .result()
      .catch((caught: unknown) => caught)
    return loadFailure(error, 'x')
  }
  const endOf = async (item: number) =>
    runEnd(bed.client, {
      workflowId: itemRun(item).workflowId,
      firstRunId: (await itemRun(item).describe()).runId,
    })

  const runCount = async (firstRunId: string) =>
    (await chainHistories(bed.client, loadId(name), firstRunId)).length

  it('go on beside a slow one, while their parent goes on as a new run again and again', async () => {
    fewItemsPerRun(bed, name)
    bed.items = 20
    const slow = holdItems(bed, 0)
    const { firstExecutionRunId } = await start({ limits: limits(4) })
    await whenProgress(bed, name, ({ itemsLoaded = 0 }) => itemsLoaded > 8)
    await load().signal('setConcurrency', { batchesInFlight: 7, itemsInFlight: 6 })
    const progress = await whenProgress(bed, name, ({ itemsLoaded }) => itemsLoaded === 19)
    assert.deepEqual(progress.runningItems, [0])
    assert.equal(progress.rowsStaged, 19)
    const ofSlow = await itemRun(0).query(progressQuery)
    assert.equal(ofSlow.controls?.batchesInFlight, 7)
    const { runId } = await itemRun(0).describe()
    // Of an item of another load, whatever it says.
    const end = { kind: 'completed', result: { ...noProgress, rows: 100 } }
    await load().signal('itemEnded', { datasetId: 'another', item: 0, runId, end })
    slow.release(0)
    const { rows, rowsStaged, itemsLoaded, batchesFetched } = await load().result()
    assert.deepEqual([rows, rowsStaged, itemsLoaded, batchesFetched], [20, 20, 20, 20])
    const items = new Set(askedFor(bed, 'landItem').map((input) => (input as OfItem).item))
    assert.deepEqual([items.size, askedFor(bed, 'landItem').length], [20, 20])
    const histories = await chainOfHistories(bed.client, loadId(name), firstExecutionRunId)
    assert.ok(histories.length > 3, `${histories.length} runs`)
    const told = histories
      .flatMap(({ events }) => events ?? [])
      .flatMap((event) => event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [])
      .filter(({ data }) => Buffer.from(data ?? []).includes(runId))
    // By that other load, and by itself.
    assert.equal(told.length, 2)
  })

  it('end with their parent, before it cleans up', async () => {
    fewItemsPerRun(bed, name)
    bed.items = 40
    let isFirst = true
    bed.instead.landItem = async ({ item }: OfItem) => {
      // One that the first run began, then those that the last one begins.
      if (item === 0 || !isFirst) return untilCancelled()
      return landedItem
    }
    const { firstExecutionRunId } = await start({ limits: limits(3) })
    await eventually(
      'a later run',
      async () => (await runCount(firstExecutionRunId)) > 1 || undefined,
    )
    isFirst = false
    const held = (): number =>
      askedFor(bed, 'landItem').length - askedFor(bed, 'landItem over').length
    await eventually('three at once', async () => held() === 3 || undefined)
    const { runningItems = [] } = await load().query(progressQuery)
    await load().cancel()
    assert.match((await failure()).message, /was cancelled/)
    assert.deepEqual([runningItems.length, runningItems[0]], [3, 0])
    for (const item of runningItems) assert.equal(await statusOf(item), 'CANCELLED')
    assert.deepEqual(names().slice(-2), ['discardStaging', 'discardStaging over'])
    assert.equal(held(), 0)
    assert.equal(askedFor(bed, 'discardStaging').length, 1)
  })

  it('fail their parent with their own failure, and stop the others, in a later run too', async () => {
    fewItemsPerRun(bed, name)
    bed.items = 8
    const held = holdItems(bed, 0, 1)
    await start({ limits: limits(3) })
    await whenProgress(bed, name, ({ itemsLoaded }) => itemsLoaded === 6)
    held.fail(1)
    const { code, message, remedy } = await failure()
    assert.equal(code, 'SOURCE_MALFORMED')
    assert.match(message, /^the file is cut off/)
    assert.equal(remedy, 'Send it again.')
    // Whoever looks after them finds the same.
    assert.deepEqual(await endOf(0), { kind: 'cancelled' })
    assert.deepEqual(await endOf(1), {
      kind: 'failed',
      code,
      message: 'the file is cut off',
      remedy,
    })
    const result = await itemRun(2).result()
    assert.deepEqual(await endOf(2), { kind: 'completed', result })
    const { workflowId } = itemRun(2)
    const gone = { kind: 'lost', how: 'gone' }
    assert.deepEqual(await runEnd(bed.client, { workflowId, firstRunId: 'another' }), gone)
    assert.equal(names().at(-1), 'discardStaging over')
  })

  it('are missed where they were ended by force, whichever run began them', async () => {
    fewItemsPerRun(bed, name)
    bed.items = 9
    const held = holdItems(bed, 0, 1, 8)
    await start({ limits: limits(3), onItemFailure: 'continue' })
    await whenProgress(bed, name, ({ itemsLoaded }) => itemsLoaded === 6)
    await whenAsked(bed, 'landItem', 9)
    held.fail(1)
    await itemRun(8).terminate()
    await itemRun(0).terminate()
    const { code, message } = await failure()
    assert.equal(code, 'ITEMS_FAILED')
    assert.match(message, /^3 items of the source failed/)
    for (const item of [/ 0 \(ITEM_LOST\)/, / 8 \(ITEM_LOST\)/, / 1 \(SOURCE_MALFORMED\)/]) {
      assert.match(message, item)
    }
  })

  it('are ended by the next load, where their parent was ended by force', async () => {
    bed.instead.landItem = untilCancelled
    const first = await start()
    await whenAsked(bed, 'landItem', 2)
    await first.terminate()
    delete bed.instead.landItem
    const { itemsLoaded } = await (await start()).result()
    assert.equal(itemsLoaded, 2)
    for (const item of [0, 1]) {
      const ofItem = bed.asked.filter(({ input }) => (input as Partial<OfItem>).item === item)
      assert.deepEqual(
        ofItem.map(({ name: asked }) => asked),
        ['landItem', 'landItem over', 'landItem', 'landItem over'],
      )
    }
  })

  it('end by themselves, where their parent was ended by force and no other comes', async () => {
    bed.instead.landItem = untilCancelled
    const { firstExecutionRunId } = await start()
    await whenAsked(bed, 'landItem', 2)
    const [{ run }] = askedFor(bed, 'landItem') as [Pick<LoadItemInput, 'run'>]
    await load().terminate()
    const orphan = await bed.client.workflow.start<typeof loadItem>('loadItem', {
      workflowId: `${loadId(name)}/2`,
      taskQueue: bed.taskQueue,
      args: [
        {
          definition: plainDefinition(name),
          run,
          item: 2,
          load: { workflowId: loadId(name), firstRunId: firstExecutionRunId },
        },
        // It is time to look.
        { state: undefined, progress: noProgress, nextLook: { atMs: 0 } },
      ],
    })
    const error: unknown = await orphan.result().catch((caught: unknown) => caught)
    assert.equal(loadFailure(error, 'x').code, 'LOAD_ENDED')
    assert.ok(names().includes('landItem over'))
    for (const item of [0, 1]) await itemRun(item).terminate()
  })

  it('are stopped by what they have rejected together', async () => {
    const converted = { rowCount: 1, rejectCount: 2, firstReject: 'r', storedBytes: 1 }
    bed.instead.convertBatch = async () => converted
    await start({ onReject: { max: 3 } })
    const { code, message } = await failure()
    assert.equal(code, 'REJECT_LIMIT_EXCEEDED')
    assert.match(message, /4 rows were rejected, 3 are allowed/)
    assert.ok(!names().includes('sealDataset'))
    assert.equal(names().at(-1), 'discardStaging over')
  })

  it('go on with the parts of the attempt at a transform that has ended, of no item as well', async () => {
    bed.items = 0
    let publishings = 0
    bed.instead.publishLoad = async () => {
      publishings += 1
      return publishings === 1
        ? { kind: 'staging-incomplete', missingParts: [0] }
        : { kind: 'published', counts: {} }
    }
    await start({
      transform: { sql: 'from input', scope: 'dataset' },
      checks: [{ kind: 'row_count', min: 1 }],
    })
    assert.equal((await load().result()).rows, 1)
    const [transformed] = askedFor(bed, 'transformDataset') as { readonly run: object }[]
    const run = { ...transformed?.run, transformId: 'made' }
    assert.deepEqual(transformed, { run: transformed?.run, partCount: 0 })
    assert.deepEqual(askedFor(bed, 'stageBatch'), [
      { run, partNumber: 0, mayStay: true },
      { run, partNumber: 0 },
    ])
    assert.deepEqual(askedFor(bed, 'checkDataset'), [{ run }])
    const counts = { partCount: 1, rowCount: 1, rejectCount: 0 }
    assert.deepEqual(askedFor(bed, 'sealDataset'), [{ run, ...counts }])
  })
})
