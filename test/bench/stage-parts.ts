import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { convertPages } from '../../activities/conversion/convert-pages.ts'
import { DuckDb } from '../../activities/conversion/duck-db.ts'
import { readLandedPage } from '../../activities/landing/page-store.ts'
import { MemoryObjectStore } from '../../codec/memory-object-store.ts'
import { flightsColumns, landFlights, writeFlightsFile } from './convert-flights.ts'
import type { FlightsSlice } from './flights-slice.ts'

/** A local Parquet file, as a load makes one of each batch. */
export interface LocalPart {
  readonly path: string
  readonly rowCount: number
}

/** Converts the flights of a slice as a load does, batch by batch, and keeps the parts. */
export async function writeParts(directory: string, slice: FlightsSlice): Promise<LocalPart[]> {
  const store = new MemoryObjectStore()
  const { signal } = new AbortController()
  const lines = await writeFlightsFile(directory, 'ndjson', slice)
  const duckDb = await DuckDb.open({ spillDirectory: join(directory, 'spill') })
  const parts: LocalPart[] = []
  for (const [number, pages] of (await landFlights(store, lines, 'ndjson')).entries()) {
    const folder = join(directory, `part-${number}`)
    await mkdir(folder)
    const { partPath, rowCount } = await convertPages(duckDb, {
      columns: flightsColumns,
      rules: { schema: 'discard' },
      format: 'ndjson',
      pages,
      read: (page) => readLandedPage(store, page, { signal }),
      folder,
      signal,
    })
    parts.push({ path: partPath, rowCount })
  }
  duckDb.close()
  return parts
}
