import { html } from 'hono/html'
import type { ScheduleReading } from '../../client/schedule-status.ts'
import type { Html } from './page.ts'
import { shownProblem } from './shown.ts'

/** A schedule that could not be read, and why. */
export interface UnreadableSchedule {
  readonly pipeline: string
  readonly code: string
  readonly message: string
  readonly remedy: string
}

export function unreadableSchedules(
  readings: readonly ScheduleReading[],
): readonly UnreadableSchedule[] {
  return readings.flatMap((reading) => {
    if (reading.kind === 'read') return []
    const { code, message, remedy } = reading.error
    return [{ pipeline: reading.pipeline, code, message, remedy }]
  })
}

export function shownUnreadable(schedule: UnreadableSchedule): Html {
  return html`<p class="notice">
    The schedule of ${schedule.pipeline} cannot be read: ${shownProblem(schedule)}
  </p>`
}
