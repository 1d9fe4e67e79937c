import type { Parsed } from './parsed.ts'

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Reads a length of time: a whole number and its unit, `90s`, `10m`, `12h` or `3d`; in milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const unitMs = UNITS_MS[unit]
  if (unitMs === undefined)
    return { problem: 'must be a length of time, such as 90s, 10m, 12h or 3d' }
  return { value: Number(count) * unitMs }
}
