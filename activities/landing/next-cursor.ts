import type { CountedPagination, Pagination, PagedSourceDefinition } from '../source-definition.ts'

/** How a walk goes on; a module names the next cursor beside each page. */
export type Paging = Pagination | { readonly kind: 'named' }

export function pagingOf(source: PagedSourceDefinition): Paging {
  return source.kind === 'http' ? source.next : { kind: 'named' }
}

export interface WalkedPage {
  /** What the page was asked for with; null for the first. */
  readonly cursor: string | null
  readonly records: number
  /** What a JSON body names, for `cursor`. */
  readonly nextInBody: string | undefined
  /** What is named beside the page. */
  readonly nextLink: string | undefined
}

/** What the page after this one is asked for with; null where this one is the last. */
export function nextCursor(next: Paging, page: WalkedPage): string | null {
  const { cursor } = page
  switch (next.kind) {
    case 'none':
      return null
    case 'cursor':
      return notStuck(page.nextInBody ?? null, page)
    case 'link-header':
    case 'named':
      return notStuck(page.nextLink ?? null, page)
    case 'page':
      return isLast(next, page) ? null : String(Number(cursor ?? next.first) + 1)
    case 'offset':
      return isLast(next, page) ? null : String(Number(cursor ?? next.first) + page.records)
  }
}

/**
 * What the page after is asked for with if this one is full, as far as that can be known without it.
 *
 * @param cursor What this page is asked for with; null for the first.
 */
export function foreseenCursor(next: Paging, cursor: string | null): string | undefined {
  if (next.kind === 'page') return String(Number(cursor ?? next.first) + 1)
  if (next.kind !== 'offset' || next.size === undefined) return undefined
  return String(Number(cursor ?? next.first) + next.size)
}

/**
 * What is asked for beyond a first page that is short, to see whether it is the last: a source may give
 * less at once than `size` says. Undefined where nothing has to be asked.
 */
export function proofCursor(next: Paging, page: WalkedPage): string | undefined {
  if (next.kind !== 'page' && next.kind !== 'offset') return undefined
  if (page.cursor !== null || !isLast(next, page)) return undefined
  return nextCursor({ ...next, size: undefined }, page) ?? undefined
}

/** An empty page that leads to itself is how some sources say that there is no more. */
function notStuck(next: string | null, { cursor, records }: WalkedPage): string | null {
  return records === 0 && next === cursor ? null : next
}

function isLast({ size }: CountedPagination, { records }: WalkedPage): boolean {
  return records < (size ?? 1)
}
