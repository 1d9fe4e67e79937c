import { Temporal } from 'temporal-polyfill'
import { dueSlices, type DueSlice } from '../partition/due-slices.ts'
import type { ScheduleDefinition } from '../pipeline-definition.ts'
import type { ScheduleTickInput } from './schedule-tick-input.ts'

/** The last slice of a month is due by the 28th of the next one. */
const longestDelayDays = 32

/**
 * The slices that a tick looks after, oldest first: those that came due by its nominal time, within the
 * catchup and since the schedule was applied.
 *
 * @param nominal RFC 3339
 */
export function slicesOfTick(
  schedule: ScheduleDefinition,
  { since }: Pick<ScheduleTickInput, 'since'>,
  nominal: string,
): DueSlice[] {
  // One whose time is just as long ago as the catchup is still taken.
  const oldest = Temporal.Instant.from(nominal).subtract({ milliseconds: schedule.catchupMs + 1 })
  const begin = Temporal.Instant.from(since)
  const later = Temporal.Instant.compare(begin, oldest) > 0 ? begin : oldest
  return dueSlices(schedule, later.toString(), nominal)
}

/** Those that lie in the window whole, whenever they were due. */
export function slicesWithin(
  schedule: ScheduleDefinition,
  { start, end }: { readonly start: string; readonly end: string },
): DueSlice[] {
  const last = Temporal.Instant.from(end).add({ hours: longestDelayDays * 24 })
  // A slice is due at its end or later, so behind the beginning of the window.
  return dueSlices(schedule, start, last.toString()).filter(
    ({ interval }) =>
      Date.parse(interval.start) >= Date.parse(start) &&
      Date.parse(interval.end) <= Date.parse(end),
  )
}
