import { generationSpan, type Generation } from '../../codec/index.ts'

/** @default of every command and of the nightly sweep: a week */
export const defaultGraceMs = 7 * 86_400_000

/**
 * Between the moment when a payload is encoded and the one when the server has noted its claim: retries of
 * a client, a server that is away for hours, clocks that differ.
 */
export const noteMarginMs = 86_400_000

/** What separates the old from what may be needed by arithmetic alone. */
export interface RetentionRule {
  /** A run that began at or after this has only what its own workers and clients have encoded since. */
  readonly cut: Date
  /** Whether blobs of that generation may be garbage. */
  isOld(generation: Generation): boolean
  /** Whether an object that was written then may be garbage. */
  isOldObject(lastModified: Date): boolean
}

/**
 * `cut` is `now` less the retention: a run that began before it, and is there still, has run for some time.
 * What a run has copied from another one while both ran, as a signal that was sent again after a reset, is so
 * read in one of the two: once the other one is gone, this one began before the cut. A generation is old when
 * all claims to its blobs were noted before the grace, which lies before the cut.
 */
export function retentionRule(
  now: Date,
  { retentionMs, graceMs }: { readonly retentionMs: number; readonly graceMs: number },
): RetentionRule {
  if (graceMs < 0) throw new RangeError('a grace below zero would delete what is needed')
  const cutMs = now.getTime() - retentionMs
  const oldMs = cutMs - graceMs
  return {
    cut: new Date(cutMs),
    isOld: (generation) => generationSpan(generation).end.getTime() + noteMarginMs <= oldMs,
    // By the store's clock: a writer whose own is behind writes into weeks that are over.
    isOldObject: (lastModified) => lastModified.getTime() + noteMarginMs <= oldMs,
  }
}
