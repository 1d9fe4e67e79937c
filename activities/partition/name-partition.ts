import { Temporal } from 'temporal-polyfill'
import type { Interval } from '../pipeline-definition.ts'
import { GRANULARITIES, isAligned, sliceName, type Granularity } from './time-slice.ts'

/** A partition: its one name and the interval it stands for. */
export interface Partition {
  /** Canonical: two partitions with one interval have one name, so one workflow id. */
  readonly name: string
  readonly interval: Interval
}

/** A stretch of a clock's time; milliseconds are what the clock shows, read as if it were UTC. */
export interface ClockRange {
  readonly startMs: number
  readonly endMs: number
  /** Whether an end is given as an hour: then both are UTC, and no coarser slices are meant. */
  readonly isByHours?: boolean
}

/**
 * The partition of a stretch of local time, in the coarsest slices that have both bounds: a single one
 * where the interval is one. A day of that clock may have 23 or 25 hours, or none at all. What is named
 * by hours is UTC, as a clock that is put back shows some twice.
 */
export function namePartition(
  { startMs, endMs, isByHours = false }: ClockRange,
  timezone: string,
): Partition {
  const isCoarse = !isByHours || timezone === 'UTC'
  const granularity =
    GRANULARITIES.find(
      (candidate) => isCoarse && isAligned(startMs, candidate) && isAligned(endMs, candidate),
    ) ?? 'hour'
  const first = sliceName(startMs, granularity)
  const last = sliceName(endMs - 1, granularity)
  const zone = clockOf(granularity, timezone)
  return {
    name: first === last ? first : `${first}..${last}`,
    interval: { start: timestamp(startMs, zone), end: timestamp(endMs, zone) },
  }
}

/** Whose clock slices of this size are named by. */
function clockOf(granularity: Granularity, timezone: string): string {
  return granularity === 'hour' ? 'UTC' : timezone
}

/** The moment at which the clock shows that; the first one behind a gap where it never does. */
function timestamp(clockMs: number, timezone: string): string {
  const clock = new Date(clockMs).toISOString().replace('Z', '')
  const zoned = Temporal.PlainDateTime.from(clock).toZonedDateTime(timezone)
  return zoned.toInstant().toString()
}
