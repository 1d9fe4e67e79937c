import type { HttpSourceDefinition, Interval } from './pipeline-definition.ts'

export interface PageRequest {
  readonly source: HttpSourceDefinition
  readonly interval: Interval
  /** Absent for the first page. */
  readonly cursor: string | undefined
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/**
 * Where pages come from. `fetchPage` returns a body that is complete and as the source sent it
 * (transfer encodings removed), or throws: `SOURCE_UNREACHABLE`, `SOURCE_REFUSED`, `PAGE_TOO_LARGE`,
 * `SOURCE_SETTING_MISSING`. Waiting out a busy source, within bounds, is its part.
 */
export interface PageSource {
  fetchPage(request: PageRequest): Promise<Buffer>
}
