import { Temporal } from 'temporal-polyfill'
import type { ScheduleDefinition } from '../pipeline-definition.ts'
import { namePartition, type Partition } from './name-partition.ts'

/** A slice of time and when it is due to be loaded. */
export interface DueSlice extends Partition {
  /** RFC 3339, UTC. */
  readonly dueAt: string
}

/** More are never looked at: a schedule of hours over ten years. */
const MOST_SLICES = 100_000

/**
 * The slices whose time has come after `since` and not after `until`, oldest first. Each is the one that
 * had just ended by the schedule's clock. A time that the clock skips is the moment behind the gap; one
 * that it shows twice counts once; a day that a place has left out is not due.
 *
 * @param since @param until RFC 3339
 */
export function dueSlices(schedule: ScheduleDefinition, since: string, until: string): DueSlice[] {
  const from = Temporal.Instant.from(since)
  const to = Temporal.Instant.from(until)
  const due: DueSlice[] = []
  for (const { moment, slice } of candidates(schedule, from)) {
    if (Temporal.Instant.compare(moment, to) > 0 || due.length === MOST_SLICES) return due
    if (Temporal.Instant.compare(moment, from) <= 0) continue
    const { start, end } = slice.interval
    if (start !== end) due.push({ ...slice, dueAt: moment.toString() })
  }
  return due
}

interface Candidate {
  readonly moment: Temporal.Instant
  readonly slice: Partition
}

/** One after the other, from a little before `from` on. */
function* candidates(schedule: ScheduleDefinition, from: Temporal.Instant): Generator<Candidate> {
  const { every, hour, minute, on = 1, timezone } = schedule
  if (every === 'hour') {
    for (let startMs = hourBefore(from); ; startMs += 3_600_000) {
      const endMs = startMs + 3_600_000
      yield {
        moment: Temporal.Instant.fromEpochMilliseconds(endMs).add({ minutes: minute }),
        slice: namePartition({ startMs, endMs, isByHours: true }, timezone),
      }
    }
  }
  const today = from.toZonedDateTimeISO(timezone).toPlainDate()
  let day = firstDay(today, every, on)
  for (;;) {
    const slice = namePartition(rangeBefore(day, every), timezone)
    const moment = day.toPlainDateTime({ hour, minute }).toZonedDateTime(timezone).toInstant()
    yield { moment, slice }
    day =
      every === 'day'
        ? day.add({ days: 1 })
        : every === 'week'
          ? day.add({ weeks: 1 })
          : day.add({ months: 1 })
  }
}

function hourBefore(from: Temporal.Instant): number {
  const hourMs = 3_600_000
  return (Math.floor(from.epochMilliseconds / hourMs) - 2) * hourMs
}

/** A day of the schedule, not after `today`. */
function firstDay(
  today: Temporal.PlainDate,
  every: 'day' | 'week' | 'month',
  on: number,
): Temporal.PlainDate {
  if (every === 'day') return today.subtract({ days: 1 })
  if (every === 'week') return today.subtract({ days: (today.dayOfWeek - on + 7) % 7 })
  const thisMonth = today.with({ day: on })
  return Temporal.PlainDate.compare(thisMonth, today) > 0
    ? thisMonth.subtract({ months: 1 })
    : thisMonth
}

/** What had ended last when that day began. */
function rangeBefore(day: Temporal.PlainDate, every: 'day' | 'week' | 'month') {
  const end =
    every === 'day'
      ? day
      : every === 'week'
        ? day.subtract({ days: day.dayOfWeek - 1 })
        : day.with({ day: 1 })
  const start =
    every === 'day'
      ? end.subtract({ days: 1 })
      : every === 'week'
        ? end.subtract({ weeks: 1 })
        : end.subtract({ months: 1 })
  return { startMs: clockMs(start), endMs: clockMs(end) }
}

function clockMs(date: Temporal.PlainDate): number {
  return Date.parse(`${date.toString()}T00:00:00Z`)
}
