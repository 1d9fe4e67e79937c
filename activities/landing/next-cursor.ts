import type { CountedPagination, Pagination } from '../pipeline-definition.ts'

export interface WalkedPage {
  /** What the page was asked for with; null for the first. */
  readonly cursor: string | null
  readonly records: number
  /** What a JSON body names, for `cursor`. */
  readonly nextInBody: string | undefined
  /** What the answer's headers name, for `link-header`. */
  readonly nextLink: string | undefined
}

/** What the page after this one is asked for with; null where this one is the last. */
export function nextCursor(next: Pagination, page: WalkedPage): string | null {
  const { cursor } = page
  switch (next.kind) {
    case 'none':
      return null
    case 'cursor':
      return notStuck(page.nextInBody ?? null, page)
    case 'link-header':
      return notStuck(page.nextLink ?? null, page)
    case 'page':
      return isLast(next, page) ? null : String(Number(cursor ?? next.first) + 1)
    case 'offset':
      return isLast(next, page) ? null : String(Number(cursor ?? next.first) + page.records)
  }
}

/** An empty page that leads to itself is how some sources say that there is no more. */
function notStuck(next: string | null, { cursor, records }: WalkedPage): string | null {
  return records === 0 && next === cursor ? null : next
}

function isLast({ size }: CountedPagination, { records }: WalkedPage): boolean {
  return records < (size ?? 1)
}
