/** A record that is not of its format at all, and so is set aside before anything is cast. */
export interface MalformedRecord {
  /** Position among the page's records, from 0. */
  readonly record: number
  /** Line of the page that it begins on, from 1; null where records are not lines. */
  readonly line: number | null
  /** In words, without data. */
  readonly reason: string
  /** What the source sent, at most its first 4 KiB. */
  readonly raw: string
}

const maxRawBytes = 4096

/** The beginning of what stands between two positions, as text. */
export function rawText(body: Uint8Array, start: number, end: number): string {
  let stop = Math.min(end, start + maxRawBytes)
  // Not in the middle of a character.
  while (stop < end && stop > start && ((body[stop] ?? 0) & 0xc0) === 0x80) stop -= 1
  return Buffer.from(body.buffer, body.byteOffset + start, stop - start).toString('utf8')
}

/** More than these in one page are no page of the declared format: each is held in memory. */
export const maxMalformedRecords = 100_000
