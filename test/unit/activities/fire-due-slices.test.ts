import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadInput, LoadSignal, LoadStarter, LoadTarget } from '../../../activities/index.ts'
import type {
  PipelineDefinition,
  TargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import { fireDueSlices, type FiredSlices } from '../../../activities/schedule/fire-due-slices.ts'
import type { ScheduleTickInput } from '../../../activities/schedule/schedule-tick-input.ts'

type Mode = Extract<TargetDefinition, { kind: 'postgres' }>['mode']

const definition: PipelineDefinition = {
  name: 'flights',
  source: { kind: 'file', paths: ['*'], format: 'ndjson', records: [], headers: {} },
  columns: [],
  onReject: { max: 0 },
  target: { kind: 'postgres', schema: 'public', table: 'flights', mode: 'append' },
  limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 2, attempts: 1 },
  schedule: { every: 'day', hour: 2, minute: 0, timezone: 'UTC', catchupMs: 20 * 86_400_000 },
  after: [{ pipeline: 'airports', onFailure: 'wait', timeoutMs: 1000 }],
}
const nominal = '2025-06-13T02:00:00Z'
/** What is due then. */
const due = Array.from({ length: 12 }, (_, day) => `2025-06-${String(day + 1).padStart(2, '0')}`)

const targetOf = (mode: Mode) =>
  ({ kind: 'postgres', schema: 'public', table: 'flights', mode }) as const

/** Loads as their ids say, without any. */
function opened(mode: Mode = 'append', dependant: Mode = 'append') {
  const covered = new Set<string>()
  const running = new Set<string>()
  const ended = new Set<string>()
  const signalled: { input: LoadInput; signal: LoadSignal }[] = []
  const target: Partial<LoadTarget> = { coveredSlices: async () => covered }
  const starter: Partial<LoadStarter> = {
    async signalLoad(input, signal) {
      if (ended.has(input.partition)) return 'loaded-already'
      signalled.push({ input, signal })
      running.add(input.partition)
      return 'signalled'
    },
    runningPartitions: async (pipeline, names) =>
      new Set(names.filter((name) => running.has(pipeline === 'later' ? `later ${name}` : name))),
  }
  const tick: ScheduleTickInput = {
    definition: {
      ...definition,
      target: targetOf(mode),
    },
    downstream: [{ ...definition, name: 'later', target: targetOf(dependant) }],
    since: '2025-06-01T12:00:00Z',
    appliedFrom: { file: 'flights.yaml', digest: 'd' },
  }
  const told: string[] = []
  const fire = async (passesBy?: boolean): Promise<FiredSlices> => {
    const fired = await fireDueSlices(
      { target: target as LoadTarget, starter: starter as LoadStarter },
      { tick, nominal, told, passesBy },
      { signal: new AbortController().signal },
    )
    told.push(...fired.started, ...fired.joined)
    return fired
  }
  return { covered, running, ended, signalled, fire }
}

test('what is due and not loaded is fired, the oldest first, with all that the load needs', async () => {
  const bed = opened()
  for (const name of due.slice(0, -2)) bed.covered.add(name)
  assert.deepEqual(await bed.fire(), {
    started: ['2025-06-11', '2025-06-12'],
    joined: [],
    loaded: 10,
    failed: [],
    refused: [],
    left: 0,
  })
  assert.deepEqual(bed.signalled[0], {
    input: {
      definition,
      partition: '2025-06-11',
      interval: { start: '2025-06-11T00:00:00Z', end: '2025-06-12T00:00:00Z' },
      requestedAt: nominal,
      refetch: false,
      inOrder: true,
      waitsFor: { upstreams: definition.after, schedule: true },
      downstream: [{ ...definition, name: 'later' }],
    },
    signal: { name: 'fire', force: false },
  })
})

test('a load that waits for its time is told; one that has ended without rows is not begun again', async () => {
  const bed = opened()
  for (const name of due.slice(0, -2)) bed.covered.add(name)
  bed.running.add('2025-06-11')
  bed.ended.add('2025-06-12')
  const { started, joined, refused } = await bed.fire()
  assert.deepEqual(
    { started, joined, refused },
    { started: [], joined: ['2025-06-11'], refused: ['2025-06-12'] },
  )
})

test('no more are fired at once than may be loaded side by side', async () => {
  const bed = opened()
  assert.deepEqual((await bed.fire()).started, due.slice(0, 8))
  assert.deepEqual(await bed.fire(), {
    started: [],
    joined: [],
    loaded: 0,
    failed: [],
    refused: [],
    left: 4,
  })
  for (const name of due.slice(0, 3)) {
    bed.running.delete(name)
    bed.covered.add(name)
  }
  assert.deepEqual((await bed.fire()).started, due.slice(8, 11))
})

test('where order counts one comes after the other, also where later ones wait already', async () => {
  for (const mode of ['merge', 'replace', 'history'] as const) {
    const bed = opened(mode)
    for (const name of due.slice(0, 3)) bed.running.add(name)
    assert.deepEqual((await bed.fire()).joined, due.slice(0, 1), mode)
    assert.deepEqual((await bed.fire()).joined, [], mode)
    bed.running.delete('2025-06-01')
    bed.covered.add('2025-06-01')
    assert.deepEqual((await bed.fire()).joined, due.slice(1, 2), mode)
  }
})

test('one that failed lets later ones by, but where a history would lack it for ever', async () => {
  const failing = async (mode: Mode): Promise<FiredSlices> => {
    const bed = opened(mode)
    await bed.fire()
    bed.running.delete('2025-06-01')
    return bed.fire()
  }
  const merged = await failing('merge')
  assert.deepEqual([merged.failed, merged.started], [['2025-06-01'], ['2025-06-02']])
  const history = await failing('history')
  assert.deepEqual([history.failed, history.started, history.left], [['2025-06-01'], [], 0])
})

test('one that goes on and on is passed by, but not where a history would lack it for ever', async () => {
  const merged = opened('merge')
  await merged.fire()
  assert.deepEqual((await merged.fire(true)).started, ['2025-06-02'])
  assert.deepEqual((await merged.fire(false)).started, [])
  const history = opened('history')
  await history.fire()
  assert.deepEqual((await history.fire(true)).started, [])
})

test('where order counts for what comes after, one is fired when that is loaded too', async () => {
  for (const dependant of ['merge', 'replace', 'history'] as const) {
    const bed = opened('append', dependant)
    assert.deepEqual((await bed.fire()).started, ['2025-06-01'], dependant)
    // It is in the table, and has not told anybody yet.
    bed.covered.add('2025-06-01')
    assert.deepEqual((await bed.fire()).started, [])
    bed.running.delete('2025-06-01')
    bed.running.add('later 2025-06-01')
    const { started, left } = await bed.fire()
    assert.deepEqual([started, left], [[], 11])
    assert.deepEqual((await bed.fire(true)).started, ['2025-06-02'])
    bed.running.clear()
    assert.deepEqual((await bed.fire()).started, ['2025-06-03'])
  }
  assert.equal((await opened('append', 'replace-interval').fire()).started.length, 8)
})
