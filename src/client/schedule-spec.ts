import type { ScheduleDescription } from '@temporalio/client'
import type { ScheduleDefinition } from '../../activities/pipeline-definition.ts'

type Times = Pick<ScheduleDescription['spec'], 'calendars' | 'jitter' | 'timezone'>

/**
 * When a schedule's ticks come, in the words of Temporal and as it tells them back: every field as a
 * range, so that two of them can be compared. Hours are UTC, as their slices are.
 *
 * Weeks and months tick each day too, at their time: a tick fires what is due, and so one that was
 * missed (its day had no such time, say, or the load has failed) is tried again within the catchup.
 */
export function toScheduleSpec(schedule: ScheduleDefinition): Times {
  const { every, hour, minute, timezone, jitterMs = 0 } = schedule
  return {
    calendars: [
      {
        second: [only(0)],
        minute: [only(minute)],
        hour: [every === 'hour' ? { start: 0, end: 23, step: 1 } : only(hour)],
        dayOfMonth: [{ start: 1, end: 31, step: 1 }],
        month: [{ start: 'JANUARY', end: 'DECEMBER', step: 1 }],
        dayOfWeek: [{ start: 'SUNDAY', end: 'SATURDAY', step: 1 }],
        year: [],
        ...(every === 'week' || every === 'month'
          ? { comment: `loads each ${every}, and looks each day for what was missed` }
          : {}),
      },
    ],
    timezone: every === 'hour' ? 'UTC' : timezone,
    jitter: jitterMs,
  }
}

function only(value: number): { start: number; end: number; step: number } {
  return { start: value, end: value, step: 1 }
}
