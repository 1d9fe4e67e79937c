import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BackfillInput } from '../../../activities/backfill/backfill-input.ts'
import type { SliceLoads } from '../../../activities/backfill/slice-loads.ts'
import { startSlices, type StartedSlices } from '../../../activities/backfill/start-slices.ts'
import type { LoadInput, LoadTarget } from '../../../activities/index.ts'
import { plainDefinition } from '../../support/plain-definition.ts'

const days = Array.from({ length: 12 }, (_, day) => `2001-01-${String(day + 1).padStart(2, '0')}`)

const downstream = [plainDefinition('later')]

const input: BackfillInput = {
  definition: plainDefinition('flights', {
    after: [{ pipeline: 'airports', onFailure: 'wait', timeoutMs: 1000 }],
  }),
  downstream,
  range: { every: 'day', firstMs: Date.UTC(2001, 0, 1), count: days.length },
  planned: days.length,
  order: 'oldest-first',
  again: false,
  onFailure: 'continue',
  waitForUpstreams: false,
  concurrency: 3,
  mostInFlight: 64,
  requestedAt: '2002-01-01T00:00:00Z',
}

const scheduledAt = new Date(0)

function opened(change: Partial<BackfillInput> = {}) {
  const covered = new Set<string>()
  const running = new Set<string>()
  const begun: LoadInput[] = []
  const since = new Set<Date | undefined>()
  const bed = { covered, running, begun, since, looks: 0, failAt: '', start }
  const target: Partial<LoadTarget> = {
    async coveredSlices() {
      bed.looks += 1
      return covered
    },
  }
  const sliceLoads: Partial<SliceLoads> = {
    async begin(load, begunSince) {
      since.add(begunSince)
      if (load.partition === bed.failAt) throw new Error('away')
      begun.push(load)
      return running.has(load.partition) ? 'joined' : 'started'
    },
  }
  async function start(position: number, most: number): Promise<StartedSlices> {
    return startSlices(
      { target: target as LoadTarget, sliceLoads: sliceLoads as SliceLoads },
      { backfill: { ...input, ...change }, workflowId: 'backfill/b', position, most },
      { signal: new AbortController().signal, scheduledAt },
    )
  }
  return bed
}

describe('partitions of a backfill', () => {
  it('begin in their order, as many as there is room for, with all that a load needs', async () => {
    const bed = opened()
    assert.deepEqual(await bed.start(0, 3), {
      begun: days.slice(0, 3),
      joined: false,
      skipped: 0,
      position: 3,
      next: days[3],
    })
    assert.deepEqual(bed.begun[0], {
      definition: input.definition,
      partition: '2001-01-01',
      interval: { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' },
      requestedAt: input.requestedAt,
      refetch: false,
      downstream,
      graphs: ['backfill/b'],
    })
    const waiting = opened({ waitForUpstreams: true })
    await waiting.start(0, 1)
    const { after: upstreams } = input.definition
    assert.deepEqual(waiting.begun[0]?.waitsFor, { upstreams, schedule: false })
  })

  it('begin from the other end where the newest come first', async () => {
    const bed = opened({ order: 'newest-first' })
    bed.covered.add('2001-01-11')
    const { begun, skipped, position, next } = await bed.start(0, 2)
    assert.deepEqual(begun, ['2001-01-12', '2001-01-10'])
    assert.deepEqual([skipped, position, next], [1, 3, '2001-01-09'])
  })

  it('are passed over where the target has them, to the end', async () => {
    const bed = opened()
    for (const day of days) bed.covered.add(day)
    bed.covered.delete('2001-01-05')
    const { begun, skipped, position, next } = await bed.start(0, 3)
    assert.deepEqual([begun, skipped, position, next], [['2001-01-05'], 11, 12, null])
    const many = opened({ range: { ...input.range, count: 2_000 } })
    for (let day = 0; day < 2_000; day += 1) {
      many.covered.add(new Date(input.range.firstMs + day * 86_400_000).toISOString().slice(0, 10))
    }
    assert.equal((await many.start(0, 3)).skipped, 2_000)
    assert.ok(many.looks < 8, 'it asks for many at once')
  })

  it('are loaded again where that is asked for, without a look', async () => {
    const bed = opened({ again: true })
    for (const day of days) bed.covered.add(day)
    assert.deepEqual((await bed.start(0, 2)).begun, days.slice(0, 2))
    assert.equal(bed.looks, 0)
    // Tried again, it leaves those as they are which the try before has loaded.
    assert.deepEqual([...bed.since], [scheduledAt])
    const usual = opened()
    await usual.start(0, 1)
    assert.deepEqual([...usual.since], [undefined])
  })

  it('are told apart where they ran already', async () => {
    const bed = opened()
    bed.running.add('2001-01-02')
    assert.equal((await bed.start(0, 1)).joined, false)
    assert.equal((await bed.start(1, 2)).joined, true)
  })

  it('are named as far as they came, where the next one could not begin', async () => {
    const bed = opened()
    bed.failAt = '2001-01-03'
    const { begun, position } = await bed.start(0, 5)
    assert.deepEqual([begun, position], [days.slice(0, 2), 2])
    await assert.rejects(bed.start(2, 5), /away/)
  })

  it('have no day that the place has left out', async () => {
    const schedule = {
      every: 'day',
      hour: 2,
      minute: 0,
      timezone: 'Pacific/Apia',
      catchupMs: 1,
    } as const
    const bed = opened({
      definition: plainDefinition('flights', { schedule }),
      range: { every: 'day', firstMs: Date.UTC(2011, 11, 29), count: 3 },
      planned: 2,
    })
    const first = await bed.start(0, 1)
    assert.deepEqual([first.begun, first.next], [['2011-12-29'], '2011-12-31'])
    const { begun, skipped, position } = await bed.start(first.position, 5)
    assert.deepEqual([begun, skipped, position], [['2011-12-31'], 0, 3])
  })
})
