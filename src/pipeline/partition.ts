import type { Interval } from '../../activities/pipeline-definition.ts'
import { CommandError } from '../command-error.ts'
import {
  GRANULARITIES,
  isAligned,
  nextSlice,
  sliceName,
  sliceOf,
  type TimeSlice,
} from './time-slice.ts'

/** A partition: its one name and the interval it stands for. */
export interface Partition {
  /** Canonical: two partitions with one interval have one name, so one workflow id. */
  readonly name: string
  readonly interval: Interval
}

/** The first moment whose year RFC 3339 cannot write. */
const YEAR_10000_MS = Date.UTC(10_000, 0)

/**
 * Reads a partition: a slice of UTC time (`2001`, `2001-01`, `2001-01-05`, `2001-01-05T13`) or a
 * range of slices with both ends inclusive (`2001-01..2001-07` is January to the end of July).
 * @throws CommandError PARTITION_INVALID
 */
export function parsePartition(text: string): Partition {
  const [first, last] = endsOf(text)
  if (first === undefined || last === undefined) throw invalid(text, 'is not a partition')
  const startMs = first.startMs
  const endMs = nextSlice(last.startMs, last.granularity)
  if (startMs >= endMs) throw invalid(text, 'ends before it starts')
  if (endMs >= YEAR_10000_MS) throw invalid(text, 'ends after the year 9999')
  return {
    name: canonicalName(startMs, endMs),
    interval: { start: timestamp(startMs), end: timestamp(endMs) },
  }
}

function endsOf(text: string): (TimeSlice | undefined)[] {
  const parts = text.split('..')
  const [first, last] = parts
  if (first === undefined || parts.length > 2) return []
  return [sliceOf(first), sliceOf(last ?? first)]
}

/** In the coarsest slices that have both bounds: a single slice where the interval is one. */
function canonicalName(startMs: number, endMs: number): string {
  const granularity =
    GRANULARITIES.find(
      (candidate) => isAligned(startMs, candidate) && isAligned(endMs, candidate),
    ) ?? 'hour'
  const first = sliceName(startMs, granularity)
  const last = sliceName(endMs - 1, granularity)
  return first === last ? first : `${first}..${last}`
}

function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z')
}

function invalid(text: string, complaint: string): CommandError {
  // A partition may come from anywhere; the whole of a long text helps nobody.
  return new CommandError(
    'PARTITION_INVALID',
    `${JSON.stringify(text.slice(0, 80))} ${complaint}`,
    {
      remedy:
        'Give a year, month, day or hour in UTC, or a range of them: 2001, 2001-01, 2001-01-05, 2001-01-05T13, 2001-01..2001-07.',
    },
  )
}
