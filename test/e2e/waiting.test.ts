import assert from 'node:assert/strict'
import { after as afterAll, before, beforeEach, describe, it } from 'node:test'
import { WorkflowFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type {
  Activities,
  LoadInput,
  PipelineDefinition,
  UpstreamLoaded,
} from '../../activities/index.ts'
import { lookUpForgottenLoads } from '../../activities/graph/look-up-forgotten-loads.ts'
import { runAttempt } from '../../activities/run-attempt.ts'
import { loadFailure } from '../../src/client/load-failure.ts'
import { createLoadStarter } from '../../src/client/load-starter.ts'
import { startGraph } from '../../src/client/start-graph.ts'
import { startLoad } from '../../src/client/start-load.ts'
import type { bulkLoad } from '../../workflows/index.ts'
import { eventually } from '../support/eventually.ts'
import { forgetRun } from '../support/forget-run.ts'
import { loadedLongAgo } from '../support/loaded-long-ago.ts'
import { uniqueName } from '../support/pipeline-fixture.ts'
import {
  askedFor,
  inputOf,
  loadId,
  openWorkflowBed,
  partition,
  startBulkLoad,
  whenAsked,
  whenProgress,
  type WorkflowBed,
} from './support/workflow-bed.ts'
import { plainDefinition } from '../support/plain-definition.ts'

type Outcome = UpstreamLoaded['outcome']
type OnFailure = 'wait' | 'fail' | 'skip'
type Asking = Parameters<Activities['lookUpForgottenLoads']>[0]

const dayMs = 86_400_000

describe('a load that comes after others', { timeout: 300_000 }, () => {
  let bed: WorkflowBed
  let word: string
  before(async () => {
    bed = await openWorkflowBed()
  })
  afterAll(() => bed?.close())
  beforeEach(() => {
    word = uniqueName('w')
    for (const name of Object.keys(bed.instead)) Reflect.deleteProperty(bed.instead, name)
  })

  const named = (name: string) => `${word}-${name}`
  const upstream = (name: string, onFailure: OnFailure = 'wait', timeoutMs = dayMs) => ({
    pipeline: named(name),
    onFailure,
    timeoutMs,
  })
  const definition = (name: string, ...after: ReturnType<typeof upstream>[]) =>
    plainDefinition(named(name), after.length > 0 ? { after } : {})
  const waiting = ({ after = [], ...rest }: PipelineDefinition, schedule = false): LoadInput =>
    inputOf({ ...rest, after }, { waitsFor: { upstreams: after, schedule } })
  const load = (name: string) => bed.client.workflow.getHandle<typeof bulkLoad>(loadId(named(name)))
  const tell = (name: string, from: string, outcome: Outcome, of = partition) =>
    load(name).signal('upstreamLoaded', { pipeline: named(from), partition: of, outcome })
  const waitsFor = (name: string, ...expected: string[]) =>
    whenProgress(bed, named(name), ({ waitingFor = [] }) => {
      return waitingFor.join() === expected.map((one) => one.replace(/^\+/, `${word}-`)).join()
    })
  const prepared = (name: string) =>
    askedFor(bed, 'prepareLoad').filter(
      (input) => (input as LoadInput).definition.name === named(name),
    ).length
  const failure = async (name: string) => {
    const error: unknown = await load(name)
      .result()
      .then(
        () => assert.fail('it has not failed'),
        (caught: unknown) => caught,
      )
    return loadFailure(error, name)
  }

  it('begins when all of them are loaded, in whatever order they tell', async () => {
    await startBulkLoad(bed, waiting(definition('d', upstream('a'), upstream('b'), upstream('c'))))
    const { phase } = await waitsFor('d', '+a', '+b', '+c')
    assert.equal(phase, 'waiting')
    await tell('d', 'c', 'loaded')
    await tell('d', 'b', 'loaded', '2001-01-02')
    await tell('d', 'other', 'loaded')
    await load('d').signal('upstreamLoaded', 'nonsense')
    await load('d').signal('fire', null)
    await waitsFor('d', '+a', '+b')
    await tell('d', 'a', 'failed')
    await tell('d', 'b', 'loaded')
    await waitsFor('d', '+a')
    assert.equal(prepared('d'), 0)
    await tell('d', 'a', 'loaded')
    const result = await load('d').result()
    assert.equal(result.datasetId.length, 36)
    assert.equal(prepared('d'), 1)
    for (const gone of ['phase', 'waitingFor', 'controls']) assert.ok(!(gone in result), gone)
  })

  it('keeps its turn, unless a person lets it wait no more', async () => {
    for (const name of ['d', 'forced']) {
      const input = waiting(definition(name, upstream('a')))
      await startBulkLoad(bed, { ...input, inOrder: true })
    }
    await tell('d', 'a', 'loaded')
    await load('forced').signal('fire', { force: true })
    const inOrderOf = async (name: string) => {
      await load(name).result()
      const asked = askedFor(bed, 'prepareLoad').map((input) => Object(input))
      return asked.find((input) => input.definition.name === named(name)).inOrder
    }
    assert.deepEqual([await inOrderOf('d'), await inOrderOf('forced')], [true, false])
  })

  it('knows what it has heard in the run that it goes on as', async () => {
    const outcomes = { [named('a')]: 'loaded' as const }
    const heard = { outcomes, fired: false, forced: false, waitedMs: 0, lookMs: 60_000 }
    const input = waiting(definition('d', upstream('a'), upstream('b')))
    await startBulkLoad(bed, input, { heard })
    await waitsFor('d', '+b')
    await tell('d', 'b', 'loaded')
    await load('d').result()
  })

  it('goes by its rules once each of them has ended', async () => {
    const rules: [string, OnFailure, Outcome][] = [
      ['fails', 'fail', 'failed'],
      ['fails-too', 'fail', 'skipped'],
      ['is-skipped', 'skip', 'failed'],
    ]
    for (const [name, rule, outcome] of rules) {
      await startBulkLoad(bed, waiting(definition(name, upstream('a', rule), upstream('b'))))
      await tell(name, 'a', outcome)
      await waitsFor(name, '+a', '+b')
      await tell(name, 'b', 'loaded')
    }
    for (const name of ['fails', 'fails-too']) {
      const { code, message, remedy } = await failure(name)
      assert.deepEqual([code, message.includes(named('a'))], ['UPSTREAM_FAILED', true])
      assert.match(remedy, /Load those first/)
    }
    const { skipped, counts, datasetId } = await load('is-skipped').result()
    assert.deepEqual([skipped, counts.rowsStaged, datasetId], [true, 0, ''])
    for (const [name] of rules) assert.equal(prepared(name), 0)
  })

  it('fails where they are too long in coming, and says which', async () => {
    const after = [upstream('a', 'wait', 700), upstream('b', 'wait', 1_000_000)]
    await startBulkLoad(bed, waiting(definition('d', ...after)))
    const { code, message } = await failure('d')
    assert.equal(code, 'UPSTREAM_TIMEOUT')
    assert.ok(message.includes(named('a')) && !message.includes(named('b')), message)
  })

  it('fails where its schedule never fires', async () => {
    const { waitsFor: conditions, ...input } = waiting(definition('d', upstream('a')), true)
    assert.ok(conditions)
    await startBulkLoad(bed, { ...input, waitsFor: { ...conditions, scheduleTimeoutMs: 700 } })
    const { code, remedy } = await failure('d')
    assert.equal(code, 'SCHEDULE_SILENT')
    assert.match(remedy, /schedule show/)
  })

  it('waits for its own time as well, and for nothing where a person starts it', async () => {
    const scheduled = definition('d', upstream('a', 'fail', 1))
    await startBulkLoad(bed, waiting(scheduled, true))
    await tell('d', 'a', 'failed')
    await waitsFor('d', '+a', 'schedule')
    await tell('d', 'a', 'loaded')
    await waitsFor('d', 'schedule')
    await load('d').signal('fire', { force: false })
    await load('d').result()

    const later = definition('e', upstream('a'))
    await startBulkLoad(bed, waiting(later, true))
    await waitsFor('e', '+a', 'schedule')
    const request = { partition, requestedAt: new Date(), taskQueue: bed.taskQueue }
    const asked = { ...request, definition: later }
    const patient = await startLoad(bed.client, { ...asked, waitForUpstreams: true })
    assert.equal(patient.joined, true)
    await waitsFor('e', '+a', 'schedule')
    const begun = await startLoad(bed.client, asked)
    assert.equal(begun.joined, true)
    assert.equal((await begun.result()).skipped, undefined)
  })

  it('finds that they were loaded before it began to wait', async () => {
    const one = definition('a')
    await startBulkLoad(bed, inputOf(one))
    await load('a').result()
    const request = { partition, requestedAt: new Date(), taskQueue: bed.taskQueue }
    const late = await startLoad(bed.client, {
      ...request,
      definition: definition('d', upstream('a')),
      waitForUpstreams: true,
    })
    await late.result()
    assert.equal(prepared('d'), 1)
  })

  it('finds that they were loaded, though Temporal has forgotten that', async () => {
    const tables = ['a', 'b', 'failed'].map(named)
    const long = loadedLongAgo({ partition, tables })
    for (const name of tables) await long.note(name)
    const ports = { ...long, starter: createLoadStarter(bed.client, bed.taskQueue) }
    bed.instead.lookUpForgottenLoads = (input) =>
      runAttempt((attempt) => lookUpForgottenLoads(ports, input, attempt))
    await startBulkLoad(bed, waiting(definition('a', upstream('x'))))
    await forgetRun(bed.client, loadId(named('a')))
    bed.instead.fetchBatch = async () => {
      throw ApplicationFailure.nonRetryable('no data', 'SOURCE_REFUSED')
    }
    await startBulkLoad(bed, inputOf(definition('failed')))
    await failure('failed')
    delete bed.instead.fetchBatch
    const request = { partition, requestedAt: new Date(), taskQueue: bed.taskQueue }
    const start = (name: string, ...after: ReturnType<typeof upstream>[]) =>
      startLoad(bed.client, {
        ...request,
        definition: definition(name, ...after),
        waitForUpstreams: true,
      })
    await (await start('d', upstream('a'))).result()
    assert.equal(prepared('d'), 1)

    // One that fails, or runs, is none that was forgotten; nor is one that was never loaded.
    await startBulkLoad(bed, waiting(definition('b', upstream('x'))))
    await start('e', upstream('a'), upstream('b'), upstream('failed'), upstream('c'))
    await waitsFor('e', '+b', '+failed', '+c')
    for (const name of ['b', 'failed', 'c']) await tell('e', name, 'loaded')
    await load('e').result()

    // A target that cannot be asked takes away nothing of what others know.
    bed.instead.lookUpForgottenLoads = async ({ pipelines }: Asking) => {
      if (!pipelines.includes(named('a'))) return { loaded: pipelines }
      throw ApplicationFailure.nonRetryable('no way', 'TARGET_UNREACHABLE')
    }
    await start('f', upstream('a'), upstream('never'))
    await waitsFor('f', '+a')
    await tell('f', 'a', 'loaded')
    await load('f').result()

    // Nor does one that is long in answering keep waiting what is told meanwhile.
    const { promise: answer, resolve } = Promise.withResolvers<{ readonly loaded: string[] }>()
    const looks = askedFor(bed, 'lookUpForgottenLoads').length
    bed.instead.lookUpForgottenLoads = () => answer
    await start('g', upstream('a'))
    await whenAsked(bed, 'lookUpForgottenLoads', looks + 1)
    await tell('g', 'a', 'loaded')
    await load('g').result()
    resolve({ loaded: [] })
    await load('b').signal('fire', { force: true })
    await load('b').result()
  })

  it('is started by the first of them that ends, and tells those after it', async () => {
    const [b, c] = [definition('b'), definition('c', upstream('a'), upstream('b'))]
    const [d, e] = [definition('d', upstream('c')), definition('e', upstream('d', 'skip'))]
    const downstream = [c, d, e]
    await startBulkLoad(bed, inputOf(definition('a'), { downstream }))
    await waitsFor('c', '+b')
    await startBulkLoad(bed, inputOf(b, { downstream }))
    for (const name of ['c', 'd', 'e']) {
      await eventually(name, () =>
        load(name)
          .result()
          .catch(() => undefined),
      )
      assert.equal(prepared(name), 1)
    }

    // What is loaded is not loaded again because something before it was.
    await startBulkLoad(bed, inputOf(b, { downstream }))
    assert.equal((await load('b').result()).untold, undefined)
    assert.equal(prepared('b'), 2)
    for (const name of ['c', 'd', 'e']) assert.equal(prepared(name), 1)
  })

  it('hears of a load that failed, was cancelled or skipped', async () => {
    const downstream = [
      definition('b', upstream('a', 'fail')),
      definition('c', upstream('b', 'skip')),
      definition('d', upstream('c', 'skip')),
    ]
    bed.instead.fetchBatch = async () => {
      throw ApplicationFailure.nonRetryable('no data', 'SOURCE_REFUSED')
    }
    await startBulkLoad(bed, inputOf(definition('a'), { downstream }))
    assert.equal((await failure('a')).code, 'SOURCE_REFUSED')
    assert.equal((await failure('b')).code, 'UPSTREAM_FAILED')
    assert.equal((await load('c').result()).skipped, true)
    const result = await eventually('d', () =>
      load('d')
        .result()
        .catch(() => undefined),
    )
    assert.equal(result.skipped, true)

    delete bed.instead.fetchBatch
    const after = [definition('z', upstream('y', 'skip'))]
    await startBulkLoad(bed, { ...waiting(definition('y', upstream('x'))), downstream: after })
    await waitsFor('y', '+x')
    await load('y').cancel()
    await assert.rejects(load('y').result(), WorkflowFailedError)
    assert.equal((await load('z').result()).skipped, true)

    // All of it is put right by loading the first one again.
    await startBulkLoad(bed, inputOf(definition('a'), { downstream }))
    await load('a').result()
    await load('b').result()
    assert.equal(prepared('b'), 1)
  })

  it('begins yet where what it has given up comes while it says so', async () => {
    for (const rule of ['skip', 'fail'] as const) {
      const downstream = [definition(`after-${rule}`, upstream(rule))]
      bed.instead.notifyDependants = async () => {
        await tell(rule, 'x', 'loaded')
        return { told: [], untold: [] }
      }
      await startBulkLoad(bed, { ...waiting(definition(rule, upstream('x', rule))), downstream })
      await waitsFor(rule, '+x')
      await tell(rule, 'x', 'failed')
      assert.equal((await load(rule).result()).skipped, undefined)
      assert.equal(prepared(rule), 1)
    }
  })

  it('is paused with its graph, also where it was not there yet', async () => {
    const workflowId = `graph/${word}/${partition}`
    const graph = bed.client.workflow.getHandle(workflowId)
    bed.instead.startLoads = async () => {
      await graph.signal('pause')
      await eventually('a signal that reaches nobody', async () => {
        const { events } = await graph.fetchHistory()
        const failed = events?.some((event) =>
          Boolean(event.signalExternalWorkflowExecutionFailedEventAttributes),
        )
        return failed === true || undefined
      })
      const input = waiting(definition('a', upstream('x')))
      await startBulkLoad(bed, { ...input, graphs: [workflowId] })
      return {}
    }
    const started = await startGraph(bed.client, {
      name: word,
      definitions: [definition('a', upstream('x'))],
      downstream: [],
      partition,
      requestedAt: new Date(),
      taskQueue: bed.taskQueue,
    })
    await whenProgress(bed, named('a'), ({ paused }) => paused === true)
    await graph.signal('resume')
    await load('a').signal('fire', { force: true })
    assert.equal((await started.result()).loaded, 1)
  })

  it('stays loaded where those after it cannot be told', async () => {
    bed.instead.notifyDependants = async () => {
      throw ApplicationFailure.nonRetryable('no way')
    }
    const downstream = [definition('b', upstream('a')), definition('c', upstream('b'))]
    await startBulkLoad(bed, inputOf(definition('a'), { downstream }))
    assert.deepEqual((await load('a').result()).untold, [named('b')])
    delete bed.instead.notifyDependants

    const schedule = { every: 'day', hour: 4, minute: 0, catchupMs: 1 } as const
    const elsewhere = { ...schedule, timezone: 'America/New_York' }
    const here = { ...schedule, timezone: 'UTC' }
    const after = [upstream('a')]
    await startBulkLoad(
      bed,
      inputOf(definition('a'), {
        downstream: [
          plainDefinition(named('ny'), { after, schedule: elsewhere }),
          plainDefinition(named('utc'), { after, schedule: here }),
        ],
      }),
    )
    assert.deepEqual((await load('a').result()).untold, [named('ny')])
    // Its schedule's own time has passed, and will not come again.
    await load('utc').result()
  })
})
