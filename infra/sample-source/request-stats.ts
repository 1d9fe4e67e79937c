/** How one page was asked for. */
export interface PageStats {
  requests: number
  /** How often its whole answer, with status 200, was handed over. */
  completed: number
}

/** What was asked of the source since it started, or since the last reset. */
export interface SourceStats {
  readonly requests: number
  readonly pages: Readonly<Record<string, Readonly<PageStats>>>
  /** Distinct pages that were handed over whole. */
  readonly pagesFetched: number
  /** Servings of a page beyond its first: what a perfect client never asks for. */
  readonly pagesRefetched: number
  /** Bytes of bodies that were sent, cut ones included. */
  readonly bytesServed: number
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<string, number>>
}

/** Counts requests; the control paths under `/-/` are not counted. */
export class RequestStats {
  #requests = 0
  #bytesServed = 0
  #pages = new Map<string, PageStats>()
  #statuses = new Map<string, number>()

  /** Counts a request that has arrived. */
  arrived(): void {
    this.#requests += 1
  }

  /** Counts a request for a page; the answer is told when that page was handed over whole. */
  pageRequested(key: string): { completed(): void } {
    let page = this.#pages.get(key)
    if (!page) {
      page = { requests: 0, completed: 0 }
      this.#pages.set(key, page)
    }
    page.requests += 1
    const counted = page
    return {
      completed() {
        counted.completed += 1
      },
    }
  }

  answered(status: number): void {
    this.#statuses.set(String(status), (this.#statuses.get(String(status)) ?? 0) + 1)
  }

  served(bytes: number): void {
    this.#bytesServed += bytes
  }

  reset(): void {
    this.#requests = 0
    this.#bytesServed = 0
    // New maps, so that an answer still under way does not count in the new statistics.
    this.#pages = new Map()
    this.#statuses = new Map()
  }

  snapshot(): SourceStats {
    const completed = [...this.#pages.values()].map((page) => page.completed)
    const pagesFetched = completed.filter((times) => times > 0).length
    return {
      requests: this.#requests,
      pages: Object.fromEntries([...this.#pages].map(([key, page]) => [key, { ...page }])),
      pagesFetched,
      pagesRefetched: completed.reduce((sum, times) => sum + times, 0) - pagesFetched,
      bytesServed: this.#bytesServed,
      statuses: Object.fromEntries(this.#statuses),
    }
  }
}
