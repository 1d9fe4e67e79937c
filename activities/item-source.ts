import type { ItemSourceDefinition } from './source-definition.ts'
import type { SourceSlice } from './source-slice.ts'

/** One of the files of a source, or all of a table. */
export interface SourceItem {
  /** Where it is, for `open` and for messages: references unresolved, so without secrets. */
  readonly place: string
  /**
   * Changes when what the item holds changes (ETag, or size and time); empty where nobody can say, null
   * where that is told when the item is opened: asking when it is listed would be one more request.
   */
  readonly version: string | null
  readonly sizeBytes: number | null
}

export interface ItemRequest {
  readonly source: ItemSourceDefinition
  readonly slice: SourceSlice
  readonly signal: AbortSignal
}

/**
 * Where items come from. Methods throw PipelineErrors: `SOURCE_UNREACHABLE`, `SOURCE_REFUSED`,
 * `SOURCE_MALFORMED`, `SOURCE_HOST_REFUSED`, `SOURCE_PATH_REFUSED`, `SOURCE_SETTING_MISSING`,
 * `SOURCE_SETTING_INVALID`, `FILE_MISSING`, `SOURCE_CHANGED`.
 */
export interface ItemSource {
  /**
   * The items in a fixed order. A glob that nothing matches has none; a path without one must exist, when
   * it is listed or when it is opened.
   */
  list(request: ItemRequest): AsyncIterable<SourceItem>
  open(request: ItemRequest & { readonly item: SourceItem }): Promise<OpenItem>
}

/** An item being read; to be closed, however reading ends. */
export interface OpenItem {
  /** Of what is read now, as `SourceItem.version`; undefined where it cannot be told. */
  readonly version: string | undefined
  /** In order, and to be read side by side where there are several (ranges of a table). */
  readonly streams: readonly ItemStream[]
  close(): Promise<void>
}

export interface ItemStream {
  /** Whether `read` can begin anywhere at no cost; else all that comes before is read too. */
  readonly isSeekable: boolean
  /**
   * The item's bytes from a position on, unpacked. Ends only where the item ends: what is cut off goes on
   * where it was, or throws.
   */
  read(fromBytes: number): AsyncIterable<Uint8Array>
}
