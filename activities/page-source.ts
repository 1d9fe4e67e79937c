import type { HttpSourceDefinition, Interval } from './pipeline-definition.ts'

export interface PageRequest {
  readonly source: HttpSourceDefinition
  readonly interval: Interval
  /** What the page before named, or a number for `page` and `offset`; absent for the first page. */
  readonly cursor: string | undefined
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export interface FetchedPage {
  readonly body: Buffer
  /**
   * For `link-header`: the next cursor, which the answer's headers name. Printable ASCII, at most
   * `maxNextLinkBytes`, and free of what the pipeline's references stand for: it goes into histories.
   */
  readonly nextLink: string | undefined
  /** For errors about the body: the source's URL, status and content type. No secret, no data. */
  readonly answer?: Readonly<Record<string, string | number>> | undefined
}

/** Together with the rest it fits into the metadata of the landed page, which S3 limits to 2 KB. */
export const maxNextLinkBytes = 1_500

/**
 * Where pages come from. `fetchPage` returns a body that is complete and as the source sent it
 * (transfer encodings removed), or throws: `SOURCE_UNREACHABLE`, `SOURCE_REFUSED`, `PAGE_TOO_LARGE`,
 * `SOURCE_SETTING_MISSING`, `NEXT_LINK_REFUSED`. Waiting out a busy source, within bounds, is its
 * part.
 */
export interface PageSource {
  fetchPage(request: PageRequest): Promise<FetchedPage>
}
