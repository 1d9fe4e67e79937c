import { z } from 'zod'

/**
 * A place of the walk to compare later cursors with, renewed at each page number that is a power of
 * two: a walk that runs in a circle of any length meets it (Brent's cycle detection).
 */
const anchor = z.object({
  pageNumber: z.number(),
  cursorDigest: z.string(),
  /** Of that page's bytes, or of its records behind their length where a cursor stands beside them. */
  pageDigest: z.string().optional(),
  /** Of the bytes of the newest page, where the source makes no cursors that could repeat. */
  newestDigest: z.string().optional(),
  /** Pages without records that came one after the other before the next one. */
  emptyPages: z.number().optional(),
})

const landedPage = z.object({
  key: z.string(),
  /** SHA-256 of the bytes as the source sent them. */
  digest: z.string(),
  sizeBytes: z.number(),
  /** Null in lists of an earlier version (CSV). */
  records: z.number().nullable(),
  /** Position of the array of records in the bytes; null where the format has none. */
  recordsStart: z.number().nullable(),
})

/** However small pages are: the list of those of a batch must stay small too. */
export const maxBatchPages = 2_000

/** The object that lists a batch's pages: written last, so a batch that has one is complete. */
export const landedBatch = z.object({
  pages: z.array(landedPage),
  next: z.string().nullable(),
  anchor: anchor.nullable(),
  storedBytes: z.number(),
  /** Where the batch ends in the stream of an item; `next` is null where that ends with it. */
  endBytes: z.number().optional(),
})

export type WalkAnchor = z.infer<typeof anchor>
export type LandedPage = z.infer<typeof landedPage>
export type LandedBatch = z.infer<typeof landedBatch>
