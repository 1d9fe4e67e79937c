import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  coveredBy,
  coveredByLatest,
  type LoadedSlice,
} from '../../../activities/partition/covered-by.ts'
import type { Partition } from '../../../activities/partition/name-partition.ts'
import { parsePartition } from '../../../src/pipeline/partition.ts'

const days = ['2025-02-28', '2025-03-01', '2025-03-02', '2025-04-01'].map((day) =>
  parsePartition(day),
)

test('a slice is covered by a load of its name, or one whose interval has all of it', () => {
  const loads: LoadedSlice[] = [
    { name: '2025-02-28', interval: undefined },
    parsePartition('2025-03'),
  ]
  assert.deepEqual([...coveredBy(days, loads)], ['2025-02-28', '2025-03-01', '2025-03-02'])
})

test('loads that have it together, or a part of it, do not cover it', () => {
  const halves = [parsePartition('2025-03-01T00..2025-03-01T11'), parsePartition('2025-03-01T12')]
  assert.deepEqual([...coveredBy(days, halves)], [])
  // A day of another clock is another stretch of time.
  const elsewhere = {
    name: 'elsewhere',
    interval: parsePartition('2025-03-01', 'Asia/Tokyo').interval,
  }
  assert.deepEqual([...coveredBy(days, [elsewhere])], [])
})

test('where a load takes the place of all, a later one covers what was before', () => {
  const covered = coveredByLatest(days, [parsePartition('2025-03-01')])
  assert.deepEqual([...covered].toSorted(), ['2025-02-28', '2025-03-01'])
})

test('any slices and loads are compared as one by one', () => {
  const range = fc
    .tuple(fc.nat(30), fc.integer({ min: 1, max: 10 }))
    .map(([start, length]) => ({ start, end: start + length }))
  const slice = range.map(({ start, end }): Partition & LoadedSlice => ({
    name: `${start}..${end}`,
    interval: { start: at(start), end: at(end) },
  }))
  fc.assert(
    fc.property(fc.array(slice), fc.array(slice), (slices, loads) => {
      const expected = slices.filter(({ interval }) =>
        loads.some(
          (load) =>
            load.interval !== undefined &&
            load.interval.start <= interval.start &&
            load.interval.end >= interval.end,
        ),
      )
      assert.deepEqual(
        [...coveredBy(slices, loads)].toSorted(),
        [...new Set(expected.map(({ name }) => name))].toSorted(),
      )
    }),
  )
})

function at(hour: number): string {
  return new Date(Date.UTC(2025, 0, 1, hour)).toISOString()
}
