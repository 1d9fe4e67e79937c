import type { Parsed } from './parsed.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
])

/** Reads a size such as `16MiB`, `1.5 GiB` or `4096`. Units are powers of two only. */
export function parseByteSize(text: string): Parsed<number> {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/.exec(text)
  const unit = UNITS.get(match?.[2] === '' ? 'B' : (match?.[2] ?? ''))
  if (match === null || unit === undefined) {
    return { problem: 'must be a size in bytes, such as 16MiB (units: B, KiB, MiB, GiB)' }
  }
  const bytes = Number(match[1]) * unit
  return Number.isSafeInteger(bytes)
    ? { value: bytes }
    : { problem: 'must be a whole number of bytes' }
}
