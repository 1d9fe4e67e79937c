import { z } from 'zod'
import type { ScheduleDefinition } from '../../activities/pipeline-definition.ts'
import { parseDuration } from './duration.ts'
import { parsedText, type Parsed } from './parsed.ts'
import { parseTimezone } from './timezone.ts'
import { wholeNumber } from './whole-number.ts'

const MOST_JITTER_MS = 86_400_000

const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

/** When a pipeline loads the slice of time that has just ended. */
export const scheduleSchema = z
  .strictObject({
    every: z.enum(['hour', 'day', 'week', 'month']).default('day'),
    at: parsedText(parseTimeOfDay).meta({
      description: 'Local time, HH:MM; with every: hour the minute, as :15.',
      examples: ['02:00', ':15'],
    }),
    on: z
      .union([z.enum(WEEKDAYS), wholeNumber(1, 28)])
      .optional()
      .meta({ description: 'The day of the week or of the month.' }),
    timezone: parsedText(parseTimezone).prefault('UTC'),
    catchup: parsedText(parseDuration).prefault('3d').meta({
      description: 'How long after its time a slice that was missed is still loaded.',
    }),
    jitter: parsedText(parseDuration)
      .refine((jitterMs) => jitterMs <= MOST_JITTER_MS, 'is more than a day')
      .optional()
      .meta({ description: 'A run begins up to so much later.' }),
  })
  .superRefine(({ every, at, on }, context) => {
    const report = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (every === 'hour' && at.hour !== undefined) report('at', 'is the minute of each hour: :15')
    if (every !== 'hour' && at.hour === undefined) report('at', 'must be a time of day: 02:00')
    if (on === undefined) return
    if (every === 'week' && typeof on === 'number') report('on', 'must be a weekday: monday')
    if (every === 'month' && typeof on !== 'number') report('on', 'must be a day from 1 to 28')
    if (every === 'hour' || every === 'day') report('on', 'is for every: week and every: month')
  })

export function toSchedule({
  every,
  at,
  on,
  timezone,
  catchup,
  jitter,
}: z.output<typeof scheduleSchema>): ScheduleDefinition {
  const first = every === 'week' || every === 'month' ? 1 : undefined
  const day = on === undefined ? first : typeof on === 'number' ? on : WEEKDAYS.indexOf(on) + 1
  return {
    every,
    hour: at.hour ?? 0,
    minute: at.minute,
    ...(day === undefined ? {} : { on: day }),
    timezone,
    catchupMs: catchup,
    ...(jitter === undefined ? {} : { jitterMs: jitter }),
  }
}

interface TimeOfDay {
  readonly hour: number | undefined
  readonly minute: number
}

function parseTimeOfDay(text: string): Parsed<TimeOfDay> {
  const match = /^([01]\d|2[0-3])?:([0-5]\d)$/.exec(text)
  if (match === null)
    return { problem: 'must be a time of day, 02:00, or the minute of an hour, :15' }
  const [, hour, minute] = match
  return { value: { hour: hour === undefined ? undefined : Number(hour), minute: Number(minute) } }
}
