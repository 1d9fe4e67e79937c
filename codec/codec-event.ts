/** What a codec has done with a blob, for whoever counts. */
export type CodecEvent =
  /** It was sent to the store. */
  | { readonly kind: 'parked'; readonly plainBytes: number; readonly storedBytes: number }
  /** It was in the store already, and was not sent. */
  | { readonly kind: 'deduplicated'; readonly plainBytes: number }
  | { readonly kind: 'fetched'; readonly storedBytes: number }
  /** It was at hand, in memory or on disk, and was not fetched. */
  | { readonly kind: 'cached'; readonly storedBytes: number }

/** Must return soon, and not throw. */
export type CodecListener = (event: CodecEvent) => void
