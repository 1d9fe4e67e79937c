import { namePartition, type Partition } from '../partition/name-partition.ts'

export const sliceSizes = ['hour', 'day', 'week', 'month', 'year'] as const

export type SliceSize = (typeof sliceSizes)[number]

/** Slices of one size that follow each other. */
export interface SliceRange {
  readonly every: SliceSize
  /** What the clock shows when the first one begins, read as if it were UTC, in milliseconds. */
  readonly firstMs: number
  /** Days that a place has left out are counted, though there is nothing of them to load. */
  readonly count: number
}

/** The slice of that number, from 0; undefined for a day that the place of the clock has left out. */
export function sliceAt(range: SliceRange, index: number, timezone: string): Partition | undefined {
  const { every } = range
  const slice = namePartition(
    {
      startMs: startOf(range, index),
      endMs: startOf(range, index + 1),
      isByHours: every === 'hour',
    },
    timezone,
  )
  const { start, end } = slice.interval
  return start === end ? undefined : slice
}

const hourMs = 3_600_000

function startOf({ every, firstMs }: SliceRange, index: number): number {
  if (every === 'hour') return firstMs + index * hourMs
  if (every === 'day') return firstMs + index * 24 * hourMs
  if (every === 'week') return firstMs + index * 7 * 24 * hourMs
  const months = every === 'month' ? index : index * 12
  const first = new Date(firstMs)
  return first.setUTCMonth(first.getUTCMonth() + months)
}
