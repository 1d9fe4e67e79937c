import { badRequest } from './bad-request.ts'
import type { FlightClock } from './flight-clock.ts'
import { decodeCursor, encodeCursor } from './page-cursor.ts'
import type { RowTable } from './row-table.ts'
import { selectionKey, type Selection } from './selection.ts'
import {
  airportsPageQuery,
  airportsStreamQuery,
  flightsPageQuery,
  flightsStreamQuery,
  intervalOf,
  parseQuery,
  type PageQuery,
  type TimeInterval,
} from './source-query.ts'

/** The tables that the source serves. */
export interface SourceTables {
  readonly flights: RowTable
  readonly clock: FlightClock
  readonly airports: RowTable
}

/**
 * Works out what a request asks for; nothing where there is no such path.
 * @throws SampleSourceError SAMPLE_REQUEST_INVALID for a parameter that is wrong.
 */
export function selectRows(tables: SourceTables, url: URL): Selection | undefined {
  const path = url.pathname
  const [, name, extension] = /^\/(flights|airports)(?:\.(ndjson|csv))?$/.exec(path) ?? []
  if (name === undefined) return undefined
  const shape = extension === 'ndjson' || extension === 'csv' ? extension : 'page'
  const table = name === 'flights' ? tables.flights : tables.airports
  if (name === 'flights') {
    const schema = shape === 'page' ? flightsPageQuery : flightsStreamQuery
    const { since, until, day, ...query } = parseQuery(schema, url.searchParams)
    const interval = intervalOf({ since, until, day })
    const page = pageRange(table, flightRange(tables, interval), query)
    const key = selectionKey(path, { ...intervalParams(interval), ...query })
    return { key, table, shape, ...page, link: nextLink(url, page.next) }
  }
  const schema = shape === 'page' ? airportsPageQuery : airportsStreamQuery
  const query = parseQuery(schema, url.searchParams)
  const page = pageRange(table, { from: 0, to: table.rowCount }, query)
  const key = selectionKey(path, query)
  return { key, table, shape, ...page, link: nextLink(url, page.next) }
}

interface RowRange {
  readonly from: number
  readonly to: number
}

function flightRange({ flights, clock }: SourceTables, { startMs, endMs }: TimeInterval): RowRange {
  return {
    from: startMs === undefined ? 0 : clock.rowsBefore(startMs),
    to: endMs === undefined ? flights.rowCount : clock.rowsBefore(endMs),
  }
}

function pageRange(
  table: RowTable,
  range: RowRange,
  { cursor, page, offset, per_page: perPage }: PageQuery,
): RowRange & { readonly next: string | null } {
  let { from, to: end } = range
  if ([cursor, page, offset].filter((given) => given !== undefined).length > 1) {
    throw badRequest('cursor, page, offset: only one of them says where a page begins')
  }
  if (page !== undefined && perPage === undefined) throw badRequest('page: needs per_page')
  if (cursor !== undefined) {
    const decoded = decodeCursor(cursor, table.name)
    // A cursor says by itself where to stop; an interval beside it may repeat that, not change it.
    const repeats = decoded.end === end && decoded.next >= from
    const alone = from === 0 && end === table.rowCount && decoded.end <= end
    if (decoded.next >= decoded.end || !(repeats || alone)) {
      throw badRequest('cursor: belongs to another interval')
    }
    from = decoded.next
    end = decoded.end
  } else {
    const before = page === undefined ? (offset ?? 0) : (page - 1) * (perPage ?? 0)
    // Beyond the last page there are empty ones.
    from = Math.min(end, from + before)
  }
  const to = perPage === undefined ? end : Math.min(end, from + perPage)
  return { from, to, next: to < end ? encodeCursor({ table: table.name, next: to, end }) : null }
}

/** The same request with another cursor. */
function nextLink({ pathname, searchParams }: URL, cursor: string | null): string | null {
  if (cursor === null) return null
  const query = new URLSearchParams(searchParams)
  for (const name of ['page', 'offset']) query.delete(name)
  query.set('cursor', cursor)
  return `${pathname}?${query.toString()}`
}

function intervalParams({ startMs, endMs }: TimeInterval): Record<string, string | undefined> {
  return { since: utcText(startMs), until: utcText(endMs) }
}

function utcText(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString().replace('.000Z', 'Z')
}
