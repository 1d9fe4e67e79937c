import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { dueSlices } from '../../../activities/partition/due-slices.ts'
import type { ScheduleDefinition } from '../../../activities/pipeline-definition.ts'
import { parsePartition } from '../../../src/pipeline/partition.ts'

const localDays = z
  .array(
    z.object({
      zone: z.string(),
      local_day: z.string(),
      utc_from: z.string(),
      utc_to_exclusive: z.string(),
    }),
  )
  .parse(
    JSON.parse(readFileSync(new URL('../../fixtures/local-days.json', import.meta.url), 'utf8')),
  )

test('a local day is what its clock says, of 23, 24, 25 hours or none', () => {
  for (const { zone, local_day: day, utc_from: start, utc_to_exclusive: end } of localDays) {
    if (start === end) {
      assert.throws(() => parsePartition(day, zone), /is no time in/)
      continue
    }
    assert.deepEqual(parsePartition(day, zone), { name: day, interval: { start, end } })
  }
})

test('hours are UTC wherever the clock is', () => {
  const hours = '2025-11-02T00..2025-11-02T23'
  assert.deepEqual(parsePartition(hours, 'America/New_York'), {
    name: hours,
    interval: { start: '2025-11-02T00:00:00Z', end: '2025-11-03T00:00:00Z' },
  })
  assert.equal(parsePartition(hours).name, '2025-11-02')
})

const daily: ScheduleDefinition = {
  every: 'day',
  hour: 2,
  minute: 30,
  timezone: 'America/New_York',
  catchupMs: 0,
}

function due(change: Partial<ScheduleDefinition>, since: string, until: string): string[] {
  return dueSlices({ ...daily, ...change }, since, until).map(
    ({ name, dueAt }) => `${name} ${dueAt}`,
  )
}

test('a time that the clock skips is due behind the gap, one that it shows twice is due once', () => {
  assert.deepEqual(due({}, '2025-03-07T12:00:00Z', '2025-03-10T12:00:00Z'), [
    '2025-03-07 2025-03-08T07:30:00Z',
    '2025-03-08 2025-03-09T07:30:00Z',
    '2025-03-09 2025-03-10T06:30:00Z',
  ])
  assert.deepEqual(due({ hour: 1 }, '2025-11-01T12:00:00Z', '2025-11-03T12:00:00Z'), [
    '2025-11-01 2025-11-02T05:30:00Z',
    '2025-11-02 2025-11-03T06:30:00Z',
  ])
})

test('a day that a place has left out is not due', () => {
  const apia = due({ timezone: 'Pacific/Apia' }, '2011-12-28T20:00:00Z', '2012-01-01T20:00:00Z')
  assert.deepEqual(
    apia.map((text) => text.slice(0, 10)),
    ['2011-12-28', '2011-12-29', '2011-12-31', '2012-01-01'],
  )
})

test('weeks, months and hours are those that had ended', () => {
  const utc = { timezone: 'UTC' }
  assert.deepEqual(
    due({ ...utc, every: 'week', on: 3 }, '2024-02-20T00:00:00Z', '2024-03-07T00:00:00Z'),
    [
      '2024-02-12..2024-02-18 2024-02-21T02:30:00Z',
      '2024-02-19..2024-02-25 2024-02-28T02:30:00Z',
      '2024-02-26..2024-03-03 2024-03-06T02:30:00Z',
    ],
  )
  assert.deepEqual(
    due({ ...utc, every: 'month', on: 1 }, '2023-12-31T00:00:00Z', '2024-03-01T02:30:00Z'),
    [
      '2023-12 2024-01-01T02:30:00Z',
      '2024-01 2024-02-01T02:30:00Z',
      '2024-02 2024-03-01T02:30:00Z',
    ],
  )
  assert.deepEqual(
    due({ every: 'hour', minute: 15 }, '2025-11-02T05:15:00Z', '2025-11-02T07:15:00Z'),
    ['2025-11-02T05 2025-11-02T06:15:00Z', '2025-11-02T06 2025-11-02T07:15:00Z'],
  )
  assert.deepEqual(due(utc, '2024-02-28T02:30:00Z', '2024-03-01T02:30:00Z'), [
    '2024-02-28 2024-02-29T02:30:00Z',
    '2024-02-29 2024-03-01T02:30:00Z',
  ])
})

test('whatever the cut, each slice is due once', () => {
  const cuts = Array.from({ length: 60 }, (_, hours) =>
    new Date(Date.UTC(2025, 2, 7, hours * 3, 17)).toISOString(),
  )
  const whole = due({}, cuts[0] ?? '', cuts.at(-1) ?? '')
  const parts = cuts.slice(1).flatMap((until, index) => due({}, cuts[index] ?? '', until))
  assert.deepEqual(parts, whole)
})
