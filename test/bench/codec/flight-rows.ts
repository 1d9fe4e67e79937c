import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'

export interface FlightRow {
  readonly id: number
  readonly date: string
  readonly delay: number | null
  readonly distance: number | null
  readonly origin: string
  readonly destination: string
}

const chunkRows = 1000

/** The first rows of an NDJSON file that together are not longer than so many bytes. */
export function readFlightRows(path: string, maxBytes: number): FlightRow[] {
  const text = readFileSync(path, 'latin1')
  const lines = text.slice(0, text.lastIndexOf('\n', maxBytes)).split('\n')
  return lines.map((line) => JSON.parse(line) as FlightRow)
}

/** The same rows but for the first, so that no two batches have the same bytes. */
export function batchOf(rows: readonly FlightRow[], batch: number): FlightRow[] {
  return rows.map((row, index) => (index === 0 ? { ...row, id: -batch } : row))
}

/** In small steps, so that checking rows is no stall. */
export async function digestOfRows(rows: readonly FlightRow[]): Promise<string> {
  const hash = createHash('sha256')
  for (let start = 0; start < rows.length; start += chunkRows) {
    hash.update(JSON.stringify(rows.slice(start, start + chunkRows)))
    await nextTurn()
  }
  return hash.digest('hex')
}
