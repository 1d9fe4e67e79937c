import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sliceAt, type SliceSize } from '../../../activities/backfill/slice-range.ts'
import type { ScheduleDefinition } from '../../../activities/pipeline-definition.ts'
import { slicesWithin } from '../../../activities/schedule/slices-of-tick.ts'
import { readBackfillRange } from '../../../src/client/backfill-range.ts'
import { parsePartition } from '../../../src/pipeline/partition.ts'

const requestedAt = new Date('2026-06-15T12:00:00Z')

function schedule(every: ScheduleDefinition['every'], timezone = 'UTC'): ScheduleDefinition {
  return { every, hour: 2, minute: 0, timezone, catchupMs: 86_400_000 }
}

function read(
  from: string,
  to: string,
  more: { readonly every?: SliceSize; readonly schedule?: ScheduleDefinition } = {},
) {
  const definition = { name: 'flights', schedule: more.schedule }
  const found = readBackfillRange({ definition, from, to, every: more.every, requestedAt })
  const timezone = more.schedule?.timezone ?? 'UTC'
  const slices = Array.from({ length: found.range.count }, (_, index) =>
    sliceAt(found.range, index, timezone),
  ).flatMap((slice) => slice ?? [])
  return { ...found, slices, names: slices.map((slice) => slice.name) }
}

describe('the partitions of a backfill', () => {
  it('are as the names say, both ends included', () => {
    assert.deepEqual(read('2001-02-27', '2001-03-01').names, [
      '2001-02-27',
      '2001-02-28',
      '2001-03-01',
    ])
    assert.deepEqual(read('2001-11', '2002-01').names, ['2001-11', '2001-12', '2002-01'])
    assert.deepEqual(read('2001', '2002').names, ['2001', '2002'])
    assert.deepEqual(read('2001-01-05T22', '2001-01-06T00').names, [
      '2001-01-05T22',
      '2001-01-05T23',
      '2001-01-06T00',
    ])
    const { name, planned, slices } = read('2001-01-05', '2001-01-05')
    assert.deepEqual([name, planned], ['2001-01-05..2001-01-05', 1])
    assert.deepEqual(slices[0], parsePartition('2001-01-05'))
  })

  it('are as the schedule loads them, or as is asked', () => {
    const days = read('2001-01', '2001-02', { schedule: schedule('day') })
    assert.deepEqual([days.planned, days.name], [59, '2001-01-01..2001-02-28'])
    const months = read('2001-01', '2001-02', { schedule: schedule('day'), every: 'month' })
    assert.deepEqual(months.names, ['2001-01', '2001-02'])
    const weeks = read('2025-06', '2025-06', { schedule: schedule('week') })
    assert.deepEqual(weeks.names, [
      '2025-06-02..2025-06-08',
      '2025-06-09..2025-06-15',
      '2025-06-16..2025-06-22',
      '2025-06-23..2025-06-29',
    ])
    // Not joined by a backfill of the days from one to the other.
    assert.equal(weeks.name, '2025-06-02..2025-06-29-weekly')
    const named = read('2025-06-02..2025-06-08', '2025-06-09..2025-06-15', { every: 'week' })
    assert.deepEqual(named.names, weeks.names.slice(0, 2))
    assert.deepEqual(read('2001-01-15', '2001-03-20', { every: 'month' }).names, ['2001-02'])
    assert.deepEqual(read('2001-07', '2003-06', { every: 'year' }).names, ['2002'])
  })

  it('begin and end by the clock of the schedule, without days that it never showed', () => {
    const oslo = read('2025-03-30', '2025-03-30', { schedule: schedule('day', 'Europe/Oslo') })
    assert.deepEqual(oslo.slices[0]?.interval, {
      start: '2025-03-29T23:00:00Z',
      end: '2025-03-30T22:00:00Z',
    })
    const hours = read('2025-03-30', '2025-03-30', { schedule: schedule('hour', 'Europe/Oslo') })
    assert.deepEqual([hours.planned, hours.names[0]], [23, '2025-03-29T23'])
    const kolkata = read('2025-03-30', '2025-03-30', { schedule: schedule('hour', 'Asia/Kolkata') })
    assert.deepEqual([kolkata.planned, kolkata.names[0]], [23, '2025-03-29T19'])
    const apia = read('2011-12-29', '2011-12-31', { schedule: schedule('day', 'Pacific/Apia') })
    assert.deepEqual([apia.planned, apia.names], [2, ['2011-12-29', '2011-12-31']])
    // Samoa had one day twice, in 1892, and later one not at all; the Philippines lack the last of 1844.
    for (const [timezone, from, to, days] of [
      ['Pacific/Apia', '1850-01-01', '2025-12-31', 64_282],
      ['Asia/Manila', '1840-06-01', '1850-06-01', 3_652],
      ['Europe/Oslo', '1850-01-01', '2025-12-31', 64_283],
    ] as const) {
      const definition = { name: 'flights', schedule: schedule('day', timezone) }
      const { planned } = readBackfillRange({ definition, from, to, requestedAt })
      assert.equal(planned, days, timezone)
    }
  })

  it('are those that the schedule fires, whatever the window', () => {
    const zones = ['UTC', 'Europe/Oslo', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia']
    fc.assert(
      fc.property(
        fc.constantFrom('hour', 'day', 'week', 'month'),
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 0, max: 40 }),
        (every, timezone, first, days) => {
          const nameOf = (day: number): string =>
            new Date(Date.UTC(2010, 0, 1) + day * 86_400_000).toISOString().slice(0, 10)
          const [from, to] = [nameOf(first), nameOf(first + (every === 'hour' ? days % 3 : days))]
          if ([from, to].includes('2011-12-30')) return
          const plan = schedule(every, timezone)
          const { interval } = parsePartition(`${from}..${to}`, timezone)
          const expected = slicesWithin(plan, interval).map((slice) => ({
            name: slice.name,
            interval: slice.interval,
          }))
          if (expected.length === 0) {
            assert.throws(() => read(from, to, { schedule: plan }), { code: 'PARTITION_INVALID' })
            return
          }
          const { slices, planned } = read(from, to, { schedule: plan })
          assert.deepEqual(slices, expected)
          assert.equal(planned, expected.length)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('are refused where the names do not say them', () => {
    const refused: readonly (readonly [string, string, RegExp, SliceSize?])[] = [
      ['2001-13', '2001-14', /is not a partition/],
      ['2001-02', '2001-01', /ends before it starts/],
      ['2001-01', '2001-02-15', /one month and the last one day: that does not say/],
      ['2001-01-05T01', '2001-01-05T05', /an hour is shorter than a day/, 'day'],
      ['2001-01-02', '2001-01-03', /holds no whole month/, 'month'],
      ['2025-06-02..2025-06-08', '2025-06-09..2025-06-15', /is none itself/],
      ['2026-06-14', '2026-06-15', /2026-06-15 has not ended/],
      ['1990', '2020', /holds 271752 partitions, more than 100000/, 'hour'],
    ]
    for (const [from, to, message, every] of refused) {
      assert.throws(() => read(from, to, every === undefined ? {} : { every }), {
        code: 'PARTITION_INVALID',
        message,
      })
    }
  })
})
