import type { SourceSlice } from '../../../activities/source-slice.ts'

/** What the generator of a module is called with. */
export interface SourceModuleContext {
  /** What the run is for: `partition`, `interval` and, of incremental pipelines, `highWaterMark`. */
  readonly slice: SourceSlice
  /** Where to begin: what an earlier page named as its `next`; undefined at the very beginning. */
  readonly cursor: string | undefined
  /** `source.options` of the pipeline file, references filled in. */
  readonly options: Readonly<Record<string, string>>
  /** Aborted when nobody waits for pages any more: to be handed to every request. */
  readonly signal: AbortSignal
}

/**
 * A page: records, or a body of one JSON object a line. `next` is what the generator can be called with
 * to go on behind this page; a page without one is the last.
 */
export type SourceModulePage =
  | { readonly records: readonly unknown[]; readonly next?: string | null | undefined }
  | { readonly body: string | Uint8Array; readonly next?: string | null | undefined }

/** The default export of a module: an async generator function. */
export type SourceModule = (context: SourceModuleContext) => AsyncGenerator<SourceModulePage>
