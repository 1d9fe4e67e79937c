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
  const { flights, airports } = tables
  switch (path) {
    case '/flights': {
      const query = parseQuery(flightsPageQuery, url.searchParams)
      const interval = intervalOf(query)
      const range = flightRange(tables, interval)
      const page = pageRange(flights, range, query.cursor, query.per_page)
      const { cursor, per_page } = query
      const key = selectionKey(path, { ...intervalParams(interval), cursor, per_page })
      return { key, table: flights, shape: 'page', ...page }
    }
    case '/flights.ndjson':
    case '/flights.csv': {
      const interval = intervalOf(parseQuery(flightsStreamQuery, url.searchParams))
      const key = selectionKey(path, intervalParams(interval))
      const shape = path.endsWith('csv') ? 'csv' : 'ndjson'
      return { key, table: flights, shape, ...flightRange(tables, interval), next: null }
    }
    case '/airports': {
      const { cursor, per_page } = parseQuery(airportsPageQuery, url.searchParams)
      const page = pageRange(airports, { from: 0, to: airports.rowCount }, cursor, per_page)
      const key = selectionKey(path, { cursor, per_page })
      return { key, table: airports, shape: 'page', ...page }
    }
    case '/airports.ndjson':
    case '/airports.csv': {
      parseQuery(airportsStreamQuery, url.searchParams)
      const shape = path.endsWith('csv') ? 'csv' : 'ndjson'
      return { key: path, table: airports, shape, from: 0, to: airports.rowCount, next: null }
    }
    default:
      return undefined
  }
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
  cursor: string | undefined,
  perPage: number,
): RowRange & { readonly next: string | null } {
  let { from, to: end } = range
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
  }
  const to = Math.min(end, from + perPage)
  return { from, to, next: to < end ? encodeCursor({ table: table.name, next: to, end }) : null }
}

function intervalParams({ startMs, endMs }: TimeInterval): Record<string, string | undefined> {
  return { since: utcText(startMs), until: utcText(endMs) }
}

function utcText(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString().replace('.000Z', 'Z')
}
