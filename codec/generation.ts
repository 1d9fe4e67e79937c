declare const generationBrand: unique symbol
/** An ISO 8601 week of UTC, e.g. `2026-W48`. Generations sort by time as text. */
export type Generation = string & { readonly [generationBrand]: true }

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

/**
 * The week that `time` lies in. A week belongs to the year of its Thursday, so the first days of
 * January may lie in week 52 or 53 of the year before, and the last of December in week 1.
 */
export function generationOf(time: Date): Generation {
  const year = new Date(thursdayOf(time.getTime())).getUTCFullYear()
  const week = 1 + Math.round((mondayOf(time.getTime()) - firstMondayOf(year)) / WEEK_MS)
  return `${String(year).padStart(4, '0')}-W${String(week).padStart(2, '0')}` as Generation
}

/** The half-open span of time `[start, end)` that a generation is. */
export function generationSpan(generation: Generation): {
  readonly start: Date
  readonly end: Date
} {
  const { year, week } = partsOf(generation)
  const startMs = firstMondayOf(year) + (week - 1) * WEEK_MS
  return { start: new Date(startMs), end: new Date(startMs + WEEK_MS) }
}

/** Whether `text` names a week that exists: `2026-W53` does, `2025-W53` does not. */
export function isGeneration(text: string): text is Generation {
  if (!/^\d{4}-W\d{2}$/.test(text)) return false
  const { year, week } = partsOf(text)
  return generationOf(new Date(firstMondayOf(year) + (week - 1) * WEEK_MS)) === text
}

function partsOf(text: string): { readonly year: number; readonly week: number } {
  return { year: Number(text.slice(0, 4)), week: Number(text.slice(6)) }
}

/** Midnight of the Monday of week 1, which is the week that holds 4 January. */
function firstMondayOf(year: number): number {
  const fourth = new Date(0)
  fourth.setUTCFullYear(year, 0, 4)
  return mondayOf(fourth.getTime())
}

function mondayOf(timeMs: number): number {
  const day = Math.floor(timeMs / DAY_MS)
  // Day 0, 1 January 1970, was a Thursday: three days after a Monday.
  const sinceMonday = (((day + 3) % 7) + 7) % 7
  return (day - sinceMonday) * DAY_MS
}

function thursdayOf(timeMs: number): number {
  return mondayOf(timeMs) + 3 * DAY_MS
}
