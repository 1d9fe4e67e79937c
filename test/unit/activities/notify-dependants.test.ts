import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startLoads } from '../../../activities/graph/start-loads.ts'
import { upstreamsFirst } from '../../../activities/graph/upstreams-first.ts'
import type { LoadInput, LoadSignal } from '../../../activities/load-input.ts'
import type { LoadStarter } from '../../../activities/load-starter.ts'
import { notifyDependants } from '../../../activities/notify-dependants.ts'
import type { ScheduleDefinition } from '../../../activities/pipeline-definition.ts'
import { plainDefinition } from '../../support/plain-definition.ts'

const attempt = { signal: new AbortController().signal }
const partition = '2001-01-01'
const interval = { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' }

const pipeline = (name: string, upstreams: string[], schedule?: Partial<ScheduleDefinition>) => {
  return plainDefinition(name, {
    after: upstreams.map((upstream) => ({
      pipeline: upstream,
      onFailure: 'wait',
      timeoutMs: 1,
    })),
    schedule: schedule && {
      every: 'day',
      hour: 4,
      minute: 0,
      timezone: 'UTC',
      catchupMs: 1,
      ...schedule,
    },
  })
}

/** Notes whom it is to reach; `loaded` are the pipelines that are loaded already. */
function startingWith(loaded: readonly string[] = []) {
  const loads: { readonly input: LoadInput; readonly signal: LoadSignal }[] = []
  const graphs: unknown[] = []
  const starter: LoadStarter = {
    async signalLoad(input, signal) {
      loads.push({ input, signal })
      return loaded.includes(input.definition.name) ? 'loaded-already' : 'signalled'
    },
    async signalGraph(...told) {
      graphs.push(told)
    },
    loadOutcomes: async (pipelines) =>
      Object.fromEntries(pipelines.map((name) => [name, 'skipped' as const])),
    isKnown: async () => false,
    runningPartitions: async () => new Set(),
    runEnd: async () => undefined,
  }
  return { starter, loads, graphs }
}

describe('the end of a load', () => {
  const told = {
    pipeline: 'a',
    partition,
    interval,
    outcome: 'loaded' as const,
    requestedAt: '2001-01-02T03:00:00Z',
    graphs: ['graph/g/2001-01-01'],
  }
  const loaded = { pipeline: 'a', partition, outcome: 'loaded' }

  it('is told to those directly after it, with all that comes after them, and to graphs', async () => {
    const downstream = [pipeline('b', ['a']), pipeline('c', ['b']), pipeline('d', ['x', 'a'])]
    const bed = startingWith()
    const { told: heard, untold } = await notifyDependants(bed, { ...told, downstream }, attempt)
    assert.deepEqual([heard, untold], [['b', 'd', 'graph/g/2001-01-01'], []])
    assert.deepEqual(
      bed.loads.map(({ input }) => [input.definition.name, input.partition, input.refetch]),
      [
        ['b', partition, false],
        ['d', partition, false],
      ],
    )
    for (const { input, signal } of bed.loads) {
      assert.deepEqual(signal, { name: 'upstreamLoaded', loaded })
      assert.deepEqual(input.waitsFor?.upstreams, input.definition.after)
      assert.deepEqual([input.interval, input.downstream], [interval, downstream])
      assert.equal(input.inOrder, true)
    }
    assert.deepEqual(bed.graphs, [['graph/g/2001-01-01', loaded]])
  })

  it('is waited for beside the own time of a pipeline, where that is still to come', async () => {
    const cases: [Partial<ScheduleDefinition> | undefined, boolean][] = [
      [undefined, false],
      [{ hour: 4 }, true],
      [{ hour: 3 }, false],
      [{ hour: 2 }, false],
      // There is no slice of that name, whose time could come.
      [{ every: 'month', hour: 4 }, false],
    ]
    for (const [schedule, expected] of cases) {
      const bed = startingWith()
      const downstream = [pipeline('b', ['a'], schedule)]
      await notifyDependants(bed, { ...told, downstream }, attempt)
      assert.equal(bed.loads[0]?.input.waitsFor?.schedule, expected, JSON.stringify(schedule))
    }
  })

  it('is not waited for beside a time that has passed since it was asked for', async () => {
    const bed = startingWith()
    const downstream = [pipeline('b', ['a'], { hour: 4, catchupMs: 5_000 })]
    const at = (scheduledAt: string) => ({ ...attempt, scheduledAt: new Date(scheduledAt) })
    await notifyDependants(bed, { ...told, downstream }, at('2001-01-02T03:59:59Z'))
    await notifyDependants(bed, { ...told, downstream }, at('2001-01-02T04:00:00Z'))
    assert.deepEqual(
      bed.loads.map(({ input }) => input.waitsFor),
      [
        // For a second, the catchup, and a day that the last tick may take.
        { upstreams: downstream[0]?.after, schedule: true, scheduleTimeoutMs: 86_406_000 },
        { upstreams: downstream[0]?.after, schedule: false },
      ],
    )
  })

  it('is not told to one whose slice of that name is another stretch of time', async () => {
    const newYork = { timezone: 'America/New_York' }
    const downstream = [pipeline('b', ['a'], newYork), pipeline('c', ['a'])]
    const utc = await notifyDependants(startingWith(), { ...told, downstream }, attempt)
    assert.deepEqual([utc.told.slice(0, -1), utc.untold], [['c'], ['b']])

    const local = { start: '2001-01-01T05:00:00Z', end: '2001-01-02T05:00:00Z' }
    const ofNewYork = { ...told, interval: local, downstream }
    assert.deepEqual((await notifyDependants(startingWith(), ofNewYork, attempt)).untold, [])
    const hour = { start: '2001-01-01T05:00:00Z', end: '2001-01-01T06:00:00Z' }
    const ofHour = { ...told, partition: '2001-01-01T05', interval: hour, downstream }
    assert.deepEqual((await notifyDependants(startingWith(), ofHour, attempt)).untold, [])
  })
})

describe('the loads of a graph', () => {
  const inputs = [pipeline('d', ['b', 'c']), pipeline('c', ['a', 'outside']), pipeline('b', ['a'])]
    .concat(pipeline('a', []))
    .map((definition): LoadInput => {
      return { definition, partition, interval, requestedAt: '', refetch: false }
    })

  it('are started upstreams first, each to wait for those of the graph', async () => {
    const bed = startingWith(['a'])
    const downstream = inputs.map(({ definition }) => definition)
    const graph = 'graph/g/2001-01-01'
    const input = { graph, partition, loads: inputs, downstream }
    assert.deepEqual(await startLoads(bed, input, attempt), { a: 'skipped' })
    assert.deepEqual(
      bed.loads.map(({ input: load }) => [
        load.definition.name,
        load.waitsFor?.upstreams.map((upstream) => upstream.pipeline).join(),
      ]),
      [
        ['a', ''],
        ['b', 'a'],
        ['c', 'a'],
        ['d', 'b,c'],
      ],
    )
    for (const { input: load, signal } of bed.loads) {
      assert.deepEqual(signal, { name: 'fire', force: false })
      assert.deepEqual([load.waitsFor?.schedule, load.graphs], [false, [graph]])
    }
  })

  it('are put in order however they are given', () => {
    for (const given of [inputs, inputs.toReversed(), inputs.toSorted(() => 1)]) {
      const names = upstreamsFirst(given).map(({ definition }) => definition.name)
      assert.deepEqual([names.at(0), names.at(-1)], ['a', 'd'])
      assert.equal(names.length, 4)
    }
  })
})
