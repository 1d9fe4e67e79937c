import type { HttpSourceDefinition, SourceSlice } from '../../activities/index.ts'

export interface HttpPageRequest {
  readonly source: HttpSourceDefinition
  readonly slice: SourceSlice
  /** What the page before named, or a number for `page` and `offset`; absent for the first page. */
  readonly cursor: string | undefined
  readonly maxBytes: number
  readonly signal: AbortSignal
}
