import { z } from 'zod'
import { badRequest, parseInput } from './bad-request.ts'

const DEFAULT_PER_PAGE = 5_000
const MAX_PER_PAGE = 50_000

// What clients add to tell requests apart; it changes nothing about the answer.
const VOLATILE = new Set(['_', 'attempt', 'request_id'])
const DAY_MS = 86_400_000

// zod takes a time without seconds and one with a zone, but both at once by themselves only.
const minuteWithZone = z.iso.datetime({ offset: true, precision: -1 })

// The dates of the source have no time zone and are taken as UTC, so the times of a query are too.
const time = z
  .union([z.iso.date(), z.iso.datetime({ local: true, offset: true }), minuteWithZone], {
    error: 'expected an ISO date or date and time, such as 2001-01-05 or 2001-01-05T10:00:00Z',
  })
  .transform((text) =>
    Date.parse(text.length === 10 || /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`),
  )
const day = z.iso.date({ error: 'expected a date, such as 2001-01-05' }).transform(Date.parse)
const perPage = z
  .string()
  .regex(/^\d{1,6}$/, 'expected a whole number')
  .transform(Number)
  .refine((rows) => rows >= 1 && rows <= MAX_PER_PAGE, `expected 1 to ${MAX_PER_PAGE}`)
const position = z
  .string()
  .regex(/^\d{1,9}$/, 'expected a whole number')
  .transform(Number)

const interval = { since: time.optional(), until: time.optional(), day: day.optional() }
const place = {
  cursor: z.string().min(1).optional(),
  page: position.refine((page) => page >= 1, 'expected 1 or more').optional(),
  offset: position.optional(),
}
const pages = { ...place, per_page: perPage.default(DEFAULT_PER_PAGE) }
/** Without `per_page` all records are one answer. */
const streams = { ...place, per_page: perPage.optional() }

export const flightsPageQuery = z.strictObject({ ...interval, ...pages })
export const flightsStreamQuery = z.strictObject({ ...interval, ...streams })
export const airportsPageQuery = z.strictObject(pages)
export const airportsStreamQuery = z.strictObject(streams)

/** Which page is asked for; `per_page` is missing where all is one answer. */
export type PageQuery = z.infer<typeof airportsStreamQuery>

/** A half-open time interval in UTC milliseconds; a missing end is open. */
export interface TimeInterval {
  readonly startMs: number | undefined
  readonly endMs: number | undefined
}

/** @throws SampleSourceError SAMPLE_REQUEST_INVALID where the parameters contradict each other. */
export function intervalOf(
  query: Pick<z.infer<typeof flightsStreamQuery>, 'since' | 'until' | 'day'>,
): TimeInterval {
  const { since, until } = query
  if (query.day !== undefined) {
    if (since !== undefined || until !== undefined) {
      throw badRequest('day: cannot stand together with since or until')
    }
    return { startMs: query.day, endMs: query.day + DAY_MS }
  }
  if (since !== undefined && until !== undefined && since > until) {
    throw badRequest('since: is after until')
  }
  return { startMs: since, endMs: until }
}

/** @throws SampleSourceError SAMPLE_REQUEST_INVALID naming each parameter that is wrong. */
export function parseQuery<Output>(schema: z.ZodType<Output>, params: URLSearchParams): Output {
  const given: Record<string, string> = {}
  for (const [name, value] of params) {
    if (VOLATILE.has(name)) continue
    if (Object.hasOwn(given, name)) throw badRequest(`${name}: given twice`)
    given[name] = value
  }
  return parseInput(schema, given)
}
