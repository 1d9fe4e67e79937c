import type { PagedSourceDefinition } from './source-definition.ts'
import type { SourceSlice } from './source-slice.ts'

export interface WalkRequest {
  readonly source: PagedSourceDefinition
  readonly slice: SourceSlice
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export interface FetchedPage {
  readonly body: Buffer
  /**
   * The next cursor, where it does not stand in the body: the answer's headers name it (`link-header`),
   * or the source's module. At most `maxNextLinkBytes`, and free of what the pipeline's references stand
   * for: it goes into histories.
   */
  readonly nextLink: string | undefined
  /** For errors about the body: the source's URL, status and content type. No secret, no data. */
  readonly answer?: Readonly<Record<string, string | number>> | undefined
}

/** Together with the rest it fits into the metadata of the landed page, which S3 limits to 2 KB. */
export const maxNextLinkBytes = 1_500

/**
 * Where pages come from. A page's body is complete and as the source sent it (transfer encodings
 * removed), or `page` throws: `SOURCE_UNREACHABLE`, `SOURCE_REFUSED`, `PAGE_TOO_LARGE`,
 * `SOURCE_SETTING_MISSING`, `NEXT_LINK_REFUSED`. Waiting out a busy source, within bounds, is its part.
 */
export interface PageSource {
  /** A walk for one batch; to be closed, however it ends. */
  openWalk(request: WalkRequest): PageWalk
}

export interface PageWalk {
  /**
   * @param cursor What the page before named, or a number for `page` and `offset`; absent for the first
   * page of all. Of HTTP sources several pages may be asked for at once.
   */
  page(cursor: string | undefined): Promise<FetchedPage>
  close(): Promise<void>
}
