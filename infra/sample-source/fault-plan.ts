import { z } from 'zod'

const count = z.int().positive()
const bytes = z.int().nonnegative()
const milliseconds = z.int().nonnegative().max(3_600_000)

function isPattern(text: string): boolean {
  try {
    return RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

/** When a rule fires: at each request that it matches, unless one of the counts narrows that. */
const trigger = {
  /** A part of the request's path and query, percent-decoded. */
  match: z.string().optional(),
  /** A regular expression over the same. */
  pattern: z.string().refine(isPattern, 'expected a regular expression').optional(),
  /** Matches only answers that hold this record of the table, counted from 1. */
  row: count.optional(),
  /** Lets this many matching requests pass first. */
  skip: z.int().nonnegative().default(0),
  /** Fires at every n-th. */
  every: count.optional(),
  /** Fires at the first n. */
  times: count.optional(),
  /** Fires by chance, which the seed decides: the same requests meet the same faults. */
  probability: z.number().min(0).max(1).optional(),
  seed: z.int().default(1),
  /** Whether requests are counted together or for each page by itself. */
  per: z.enum(['rule', 'page']).default('rule'),
}

const fault = z.discriminatedUnion('kind', [
  /** Answers with an error in place of the page. */
  z.strictObject({
    ...trigger,
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    /** Sent as the Retry-After header. */
    retryAfterSeconds: z.int().nonnegative().optional(),
  }),
  /**
   * Ends the connection inside the body. `length` has announced a Content-Length; `chunked` leaves
   * out the last chunk; `close` has announced nothing, so that no client can tell.
   * Beyond the end of a body there is nothing to cut.
   */
  z.strictObject({
    ...trigger,
    kind: z.literal('cut'),
    afterBytes: bytes,
    framing: z.enum(['length', 'chunked', 'close']).default('length'),
  }),
  /** Falls silent inside the body: for so long, or until the client gives up. */
  z.strictObject({
    ...trigger,
    kind: z.literal('stall'),
    afterBytes: bytes,
    stallMs: milliseconds.optional(),
  }),
  /** Waits before it answers. */
  z.strictObject({ ...trigger, kind: z.literal('latency'), latencyMs: milliseconds }),
  /**
   * Gives one record another value in one column, or, in JSON, a column that it does not have.
   * With `row` it is that record, in whichever page it comes; without, the first of the answer.
   */
  z.strictObject({
    ...trigger,
    kind: z.literal('malformed-value'),
    column: z.string().min(1),
    value: z.json(),
  }),
])

const faultRule = fault.refine(
  (rule) => [rule.every, rule.times, rule.probability].filter((n) => n !== undefined).length <= 1,
  'every, times and probability exclude each other',
)

export const faultPlan = z.strictObject({
  /** Delays every answer. */
  latencyMs: milliseconds.default(0),
  rules: z.array(faultRule).default([]),
})

export type FaultRule = z.infer<typeof faultRule>
export type FaultPlan = z.infer<typeof faultPlan>
/** A plan as it is written, with defaults left out. */
export type FaultPlanInput = z.input<typeof faultPlan>
