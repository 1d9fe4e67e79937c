import type { ObjectKey } from '../../codec/index.ts'

/** What garbage was while it was needed. A `multipart` is an upload that nobody completes any more. */
export type GarbageKind = (typeof garbageKinds)[number]
export const garbageKinds = ['blob', 'value', 'dataset', 'landing', 'multipart'] as const

/** An object that nothing needs any more. */
export interface Garbage {
  readonly kind: GarbageKind
  readonly key: ObjectKey
  readonly sizeBytes: number
  /** As it was when it was judged: an object that was written since is another one. */
  readonly lastModified: Date
  /** Of a `multipart`: which of the uploads to that key. */
  readonly uploadId?: string
  /** Why it may go, in words for a person. */
  readonly reason: string
}

/** What stays although it looks old, or could not be judged, and why. */
export interface GarbageKept {
  readonly kind: GarbageKind
  /** A key, the beginning of keys, or who needs what stays. */
  readonly subject: string
  readonly reason: string
}

export interface GarbageRequest {
  /** The time to judge by. */
  readonly now: Date
  readonly signal: AbortSignal
}

export type GarbageFinding = { readonly garbage: Garbage } | { readonly kept: GarbageKept }

/**
 * Tells garbage from what is needed. What it yields as garbage is garbage for ever: nothing can come to
 * need it again. Where it cannot tell, it throws rather than guess.
 *
 * @throws PipelineError GARBAGE_UNDECIDED
 */
export type GarbageSource = (request: GarbageRequest) => AsyncIterable<GarbageFinding>
