import type { FetchedPage, PageWalk } from '../page-source.ts'
import { foreseenCursor, type Paging } from './next-cursor.ts'

export interface PagesAheadOptions {
  readonly walk: PageWalk
  readonly next: Paging
  /** Pages that are asked for at once. */
  readonly concurrency: number
  /** Whether a page need not be asked for: it has landed, or is beyond what the walk may take. */
  readonly isNeedless: (pageNumber: number, cursor: string) => Promise<boolean>
}

export interface PageAhead {
  readonly pageNumber: number
  readonly cursor: string
  readonly page: FetchedPage
}

/**
 * The pages of a walk, some asked for before their turn where it is known what they are asked for with.
 * A page beyond the end may fail, or hold nothing: that counts only when its turn comes.
 */
export class PagesAhead {
  readonly #options: PagesAheadOptions
  /** By page number; undefined where the page is needless. */
  readonly #asked = new Map<number, { cursor: string; page: Promise<FetchedPage | undefined> }>()

  constructor(options: PagesAheadOptions) {
    this.#options = options
  }

  /** The page that the walk has come to. */
  page(pageNumber: number, cursor: string | null): Promise<FetchedPage> {
    const page = this.pageAlone(pageNumber, cursor)
    this.#askAhead(pageNumber, cursor)
    return page
  }

  /** A page, and none ahead of it. */
  async pageAlone(pageNumber: number, cursor: string | null): Promise<FetchedPage> {
    const { walk } = this.#options
    const asked = this.#asked.get(pageNumber)
    this.#asked.delete(pageNumber)
    const page = asked?.cursor === cursor ? asked.page : walk.page(cursor ?? undefined)
    return (await page) ?? walk.page(cursor ?? undefined)
  }

  /** What was asked for and is not needed by this batch, as far as it came. */
  async rest(): Promise<PageAhead[]> {
    const rest: PageAhead[] = []
    for (const [pageNumber, { cursor, page }] of this.#asked) {
      const fetched = await page.catch(() => undefined)
      if (fetched !== undefined) rest.push({ pageNumber, cursor, page: fetched })
    }
    return rest
  }

  #askAhead(pageNumber: number, cursor: string | null): void {
    const { next, concurrency } = this.#options
    let at = cursor
    for (let ahead = 1; ahead < concurrency; ahead += 1) {
      const foreseen = foreseenCursor(next, at)
      if (foreseen === undefined) return
      at = foreseen
      if (this.#asked.has(pageNumber + ahead)) continue
      const page = this.#ask(pageNumber + ahead, foreseen)
      // Its failure is looked at when its turn comes, if it does.
      page.catch(() => {})
      this.#asked.set(pageNumber + ahead, { cursor: foreseen, page })
    }
  }

  async #ask(pageNumber: number, cursor: string): Promise<FetchedPage | undefined> {
    const { walk, isNeedless } = this.#options
    return (await isNeedless(pageNumber, cursor)) ? undefined : walk.page(cursor)
  }
}
