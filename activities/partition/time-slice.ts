/** From coarse to fine; each is a prefix of the next when written. */
export const GRANULARITIES = ['year', 'month', 'day', 'hour'] as const
export type Granularity = (typeof GRANULARITIES)[number]

/** A stretch of UTC time that its name gives: a year, a month, a day or an hour. */
export interface TimeSlice {
  readonly granularity: Granularity
  readonly startMs: number
}

const HOUR_MS = 3_600_000
const NAME_LENGTHS: Readonly<Record<Granularity, number>> = { year: 4, month: 7, day: 10, hour: 13 }

/** Reads `2001`, `2001-01`, `2001-01-05` or `2001-01-05T13`; nothing when there is no such time. */
export function sliceOf(text: string): TimeSlice | undefined {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}))?)?)?$/.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 1, day = 1, hour = 0] = match
    .slice(1)
    .map((digits) => (digits === undefined ? undefined : Number(digits)))
  const granularity = GRANULARITIES.find((candidate) => NAME_LENGTHS[candidate] === text.length)
  const startMs = utc(year, month - 1, day, hour)
  // 30 February has become a day of March, and its name another. The year 0 was not.
  if (granularity === undefined || year === 0 || sliceName(startMs, granularity) !== text) {
    return undefined
  }
  return { granularity, startMs }
}

/** The name of the slice that a moment lies in, for the years 0001 to 9999. */
export function sliceName(timeMs: number, granularity: Granularity): string {
  return new Date(timeMs).toISOString().slice(0, NAME_LENGTHS[granularity])
}

/** When the slice ends that begins at `startMs`. */
export function nextSlice(startMs: number, granularity: Granularity): number {
  if (granularity === 'hour') return startMs + HOUR_MS
  const date = new Date(startMs)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  if (granularity === 'day') return utc(year, month, day + 1, 0)
  return granularity === 'month' ? utc(year, month + 1, 1, 0) : utc(year + 1, 0, 1, 0)
}

/** Whether a slice begins at this moment. */
export function isAligned(timeMs: number, granularity: Granularity): boolean {
  return sliceOf(sliceName(timeMs, granularity))?.startMs === timeMs
}

/** `Date.UTC` reads the years 0 to 99 as 1900 to 1999. */
function utc(year: number, month: number, day: number, hour: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  return date.setUTCHours(hour)
}
