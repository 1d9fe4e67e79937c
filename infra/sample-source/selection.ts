import type { RowTable } from './row-table.ts'

/** What a request asks for, worked out: which rows of which table, in which shape. */
export interface Selection {
  /** Names the page in the statistics: the same for every way to ask for it. */
  readonly key: string
  readonly table: RowTable
  /** `page` is a JSON object with `data` and `next`; the others are all rows as lines. */
  readonly shape: 'page' | 'ndjson' | 'csv'
  /** Rows `[from, to)` of the table, counted from 0. */
  readonly from: number
  readonly to: number
  /** The cursor of the page after this one. */
  readonly next: string | null
  /** Its address, as a `Link` header gives it: path and query. */
  readonly link: string | null
}

/** The page's name: its path and the parameters that matter, in one order and one spelling. */
export function selectionKey(
  path: string,
  params: Readonly<Record<string, string | number | undefined>>,
): string {
  const given = Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
  return given.length === 0 ? path : `${path}?${given.toSorted().join('&')}`
}
