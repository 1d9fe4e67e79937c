import {
  sliceAt,
  sliceSizes,
  type SliceRange,
  type SliceSize,
} from '../../activities/backfill/slice-range.ts'
import { namePartition } from '../../activities/partition/name-partition.ts'
import {
  nextSlice,
  sliceName,
  sliceOf,
  type Granularity,
  type TimeSlice,
} from '../../activities/partition/time-slice.ts'
import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import { CommandError } from '../command-error.ts'
import { parsePartition } from '../pipeline/partition.ts'

export interface RangeRequest {
  readonly definition: Pick<PipelineDefinition, 'name' | 'schedule'>
  /** The first and the last partition, both included. */
  readonly from: string
  readonly to: string
  /** @default as the pipeline's schedule loads them, or else as `from` and `to` are */
  readonly every?: SliceSize | undefined
  /** The client's clock. */
  readonly requestedAt: Date
}

export interface BackfillRange {
  readonly range: SliceRange
  /** As the id of its run has it: names of the first and the last slice. */
  readonly name: string
  /** How many partitions there are. */
  readonly planned: number
}

/** A schedule of hours over ten years has fewer. */
const mostSlices = 100_000

const dayMs = 86_400_000
const weekMs = 7 * dayMs
/** A Monday, as 1 January 1970 was a Thursday. */
const firstMondayMs = 4 * dayMs

/** No place has gone across the date line and back in fewer. */
const daysAtOnce = 365

/**
 * The partitions from one name to another, as far as they lie whole between them.
 *
 * @throws CommandError PARTITION_INVALID
 */
export function readBackfillRange(request: RangeRequest): BackfillRange {
  const { definition, from, to, requestedAt } = request
  const timezone = definition.schedule?.timezone ?? 'UTC'
  const [first, last] = endsOf(request, timezone)
  const every = request.every ?? definition.schedule?.every ?? sizeOf(first, last)
  const isOfRanges = [from, to].some((name) => name.includes('..'))
  if (isOfRanges && every !== 'week') {
    throw invalid(
      `a range of partitions is none itself: ${from} to ${to}`,
      'Give the first and the last one.',
    )
  }
  const range = wholeSlices(every, first, last, timezone)
  if (range.count <= 0) {
    throw invalid(`${from} to ${to} holds no whole ${every}`, 'Give a longer time, or --every.')
  }
  if (range.count > mostSlices) {
    throw invalid(
      `${from} to ${to} holds ${range.count} partitions, more than ${mostSlices}`,
      'Give a shorter time.',
    )
  }
  const [oldest, newest] = [0, range.count - 1].map((index) => sliceAt(range, index, timezone))
  if (oldest === undefined || newest === undefined) {
    throw invalid(`${from} or ${to} is a day that ${timezone} has left out`, 'Leave it out too.')
  }
  if (Date.parse(newest.interval.end) > requestedAt.getTime()) {
    throw invalid(
      `${newest.name} has not ended, and would count as loaded`,
      'Give the last one that is over as --to.',
    )
  }
  const ends = [oldest.name.split('..').at(0), newest.name.split('..').at(-1)]
  // Weeks are named by their days: those of the same time are another backfill.
  const kind = every === 'week' ? '-weekly' : ''
  return {
    range,
    name: `${ends.join('..')}${kind}`,
    planned: range.count - leftOut(range, timezone),
  }
}

/** A name may be of a week, which is a range of days itself. */
function endsOf({ from, to }: RangeRequest, timezone: string): [TimeSlice, TimeSlice] {
  for (const name of [from, to]) parsePartition(name, timezone)
  const first = sliceOf(from.split('..').at(0) ?? '')
  const last = sliceOf(to.split('..').at(-1) ?? '')
  // Those that hold no time together are refused with the whole.
  const ends = [from.split('..').at(0), to.split('..').at(-1)]
  parsePartition(ends.join('..'), timezone)
  if (first === undefined || last === undefined) throw new Error('a partition without ends')
  return [first, last]
}

function sizeOf(first: TimeSlice, last: TimeSlice): SliceSize {
  if (first.granularity === last.granularity) return first.granularity
  throw invalid(
    `the first is one ${first.granularity} and the last one ${last.granularity}: that does not say how long each is`,
    `Give two of one kind, or --every ${sliceSizes.join('|')}.`,
  )
}

function wholeSlices(
  every: SliceSize,
  first: TimeSlice,
  last: TimeSlice,
  timezone: string,
): SliceRange {
  const endMs = nextSlice(last.startMs, last.granularity)
  if (every === 'hour') {
    const names = [first, last].map(({ startMs, granularity }) => sliceName(startMs, granularity))
    const { interval } = parsePartition(names.join('..'), timezone)
    return between(every, ceil(Date.parse(interval.start), 'hour'), Date.parse(interval.end))
  }
  if (first.granularity === 'hour' || last.granularity === 'hour') {
    throw invalid(`an hour is shorter than a ${every}`, 'Give days, months or years.')
  }
  if (every === 'week') {
    const weeks = Math.ceil((first.startMs - firstMondayMs) / weekMs)
    return between(every, firstMondayMs + weeks * weekMs, endMs)
  }
  return between(every, ceil(first.startMs, every), endMs)
}

function between(every: SliceSize, firstMs: number, endMs: number): SliceRange {
  return { every, firstMs, count: wholeOnes(every, firstMs, endMs) }
}

function wholeOnes(every: SliceSize, startMs: number, endMs: number): number {
  if (every === 'hour') return Math.floor((endMs - startMs) / 3_600_000)
  if (every === 'day') return Math.floor((endMs - startMs) / dayMs)
  if (every === 'week') return Math.floor((endMs - startMs) / weekMs)
  const [start, end] = [new Date(startMs), new Date(endMs)]
  const years = end.getUTCFullYear() - start.getUTCFullYear()
  return every === 'year' ? years : years * 12 + end.getUTCMonth() - start.getUTCMonth()
}

/** The first slice that begins then or later. */
function ceil(timeMs: number, granularity: Granularity): number {
  const startMs = sliceOf(sliceName(timeMs, granularity))?.startMs ?? timeMs
  return startMs === timeMs ? timeMs : nextSlice(startMs, granularity)
}

/** Only days are; of each, a clock takes some time to ask. */
function leftOut(range: SliceRange, timezone: string): number {
  if (range.every !== 'day' || timezone === 'UTC') return 0
  let count = 0
  for (let first = 0; first < range.count; first += daysAtOnce) {
    const days = Math.min(daysAtOnce, range.count - first)
    const startMs = range.firstMs + first * dayMs
    const { interval } = namePartition({ startMs, endMs: startMs + days * dayMs }, timezone)
    const lackingMs = days * dayMs - (Date.parse(interval.end) - Date.parse(interval.start))
    // Summer time takes an hour or two; across the date line it is a day.
    if (lackingMs < dayMs / 2) continue
    const all = Array.from({ length: days }, (_, day) => sliceAt(range, first + day, timezone))
    count += all.filter((day) => day === undefined).length
  }
  return count
}

function invalid(complaint: string, remedy: string): CommandError {
  return new CommandError('PARTITION_INVALID', complaint, { remedy })
}
