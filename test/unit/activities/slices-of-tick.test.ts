import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScheduleDefinition } from '../../../activities/pipeline-definition.ts'
import { slicesOfTick, slicesWithin } from '../../../activities/schedule/slices-of-tick.ts'
import { parsePartition } from '../../../src/pipeline/partition.ts'

const daily: ScheduleDefinition = {
  every: 'day',
  hour: 2,
  minute: 0,
  timezone: 'Europe/Oslo',
  catchupMs: 3 * 86_400_000,
}
const since = '2020-01-01T00:00:00Z'

function ofTick(nominal: string, change: Partial<ScheduleDefinition> = {}, from = since): string[] {
  return slicesOfTick({ ...daily, ...change }, { since: from }, nominal).map(({ name }) => name)
}

test('a tick looks after what came due within the catchup, its own slice last', () => {
  assert.deepEqual(ofTick('2025-06-05T00:00:00Z'), [
    '2025-06-01',
    '2025-06-02',
    '2025-06-03',
    '2025-06-04',
  ])
  assert.deepEqual(ofTick('2025-06-05T00:00:00Z', { catchupMs: 0 }), ['2025-06-04'])
})

test('a tick between the times of slices finds those before it; one too early finds none', () => {
  assert.deepEqual(ofTick('2025-06-04T23:59:59Z', { catchupMs: 86_400_000 }), ['2025-06-03'])
  assert.deepEqual(ofTick('2025-06-05T00:00:00Z', {}, '2025-06-04T00:00:00Z'), ['2025-06-04'])
  assert.deepEqual(ofTick('2025-06-05T00:00:00Z', {}, '2025-06-05T00:00:00Z'), [])
})

const lateMonths: ScheduleDefinition = { ...daily, every: 'month', on: 28, hour: 23 }

test('a window has the slices that lie in it whole, however late they are due', () => {
  const within = (schedule: ScheduleDefinition, window: string): string[] =>
    slicesWithin(schedule, parsePartition(window, schedule.timezone).interval).map(
      ({ name }) => name,
    )
  assert.deepEqual(within(daily, '2024-02-28..2024-03-01'), [
    '2024-02-28',
    '2024-02-29',
    '2024-03-01',
  ])
  assert.deepEqual(within(lateMonths, '2024-01..2024-03'), ['2024-01', '2024-02', '2024-03'])
  assert.deepEqual(within(lateMonths, '2024-01-02..2024-03-30'), ['2024-02'])
  assert.deepEqual(
    within({ ...daily, every: 'hour', minute: 15 }, '2025-03-30T00..2025-03-30T02'),
    ['2025-03-30T00', '2025-03-30T01', '2025-03-30T02'],
  )
  const weekly: ScheduleDefinition = { ...daily, every: 'week', on: 7 }
  assert.deepEqual(within(weekly, '2025-06-02..2025-06-16'), [
    '2025-06-02..2025-06-08',
    '2025-06-09..2025-06-15',
  ])
})
