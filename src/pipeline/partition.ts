import { namePartition, type Partition } from '../../activities/partition/name-partition.ts'
import { nextSlice, sliceOf, type TimeSlice } from '../../activities/partition/time-slice.ts'
import { CommandError } from '../command-error.ts'

/** The first moment whose year RFC 3339 cannot write. */
const YEAR_10000_MS = Date.UTC(10_000, 0)

/**
 * Reads a partition: a slice of time (`2001`, `2001-01`, `2001-01-05`, `2001-01-05T13`) or a
 * range of slices with both ends inclusive (`2001-01..2001-07` is January to the end of July).
 * Hours are UTC; years, months and days are of the clock of `timezone`.
 * @throws CommandError PARTITION_INVALID
 */
export function parsePartition(text: string, timezone = 'UTC'): Partition {
  const [first, last] = endsOf(text)
  if (first === undefined || last === undefined) throw invalid(text, 'is not a partition')
  const startMs = first.startMs
  const endMs = nextSlice(last.startMs, last.granularity)
  if (startMs >= endMs) throw invalid(text, 'ends before it starts')
  if (endMs >= YEAR_10000_MS) throw invalid(text, 'ends after the year 9999')
  const isByHours = [first, last].some(({ granularity }) => granularity === 'hour')
  const partition = namePartition({ startMs, endMs, isByHours }, timezone)
  const { start, end } = partition.interval
  if (start === end) throw invalid(text, `is no time in ${timezone}`)
  return partition
}

function endsOf(text: string): (TimeSlice | undefined)[] {
  const parts = text.split('..')
  const [first, last] = parts
  if (first === undefined || parts.length > 2) return []
  return [sliceOf(first), sliceOf(last ?? first)]
}

function invalid(text: string, complaint: string): CommandError {
  // A partition may come from anywhere; the whole of a long text helps nobody.
  return new CommandError(
    'PARTITION_INVALID',
    `${JSON.stringify(text.slice(0, 80))} ${complaint}`,
    {
      remedy:
        'Give a year, month, day or hour, or a range of them: 2001, 2001-01, 2001-01-05, 2001-01-05T13, 2001-01..2001-07. Hours are UTC.',
    },
  )
}
