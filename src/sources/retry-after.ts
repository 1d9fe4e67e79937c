/** No source may keep an attempt waiting for longer; a longer wait is the workflow's to bear. */
const usualMaxDelayMs = 300_000

/**
 * How long a `Retry-After` header asks to wait, in milliseconds; `undefined` when there is none or it
 * makes no sense (negative, not a number, not a date).
 *
 * @param maxDelayMs What a longer wait comes to. @default five minutes
 *
 * Source: RFC 9110, section 10.2.3: seconds or an HTTP date.
 */
export function retryAfterMs(
  header: string | undefined,
  nowMs: number,
  maxDelayMs = usualMaxDelayMs,
): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, maxDelayMs)
  // Date.parse takes almost anything, "-5" too; an HTTP date begins with the name of a day.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined
  // Of the three forms of a date the one of `asctime` names no zone, and some leave it out of the others.
  const atMs = Date.parse(/[+-]\d{4}$|\D$/.test(text) ? text : `${text} GMT`)
  if (Number.isNaN(atMs)) return undefined
  return Math.min(Math.max(atMs - nowMs, 0), maxDelayMs)
}
