import { Temporal } from 'temporal-polyfill'
import type { Parsed } from './parsed.ts'

/** A time zone by its name, in the letters that IANA has: Temporal knows no others, and 'utc' would be another than 'UTC'. */
export function parseTimezone(text: string): Parsed<string> {
  const name = ianaName(text)
  // An offset is the clock of no place, and a whole time names a zone too.
  return name?.toLowerCase() === text.toLowerCase() && !/^[+-]/.test(name)
    ? { value: name }
    : { problem: 'is no IANA time zone, such as Europe/Oslo' }
}

/** Node knows more names than IANA (IST, PST), each of which means several places. */
function ianaName(text: string): string | undefined {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId
  } catch {
    return undefined
  }
}
