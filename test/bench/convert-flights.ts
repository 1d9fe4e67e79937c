import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, type ObjectKey, type ObjectStore } from '../../codec/index.ts'
import type { ColumnDefinition } from '../../activities/index.ts'
import type { LandedPage } from '../../activities/landing/landed-batch.ts'
import { landPage } from '../../activities/landing/page-store.ts'
import { runSql, sqlText } from '../../infra/sample-source/run-sql.ts'
import { findSampleData } from '../../infra/sample-source/sample-data.ts'
import type { FlightsSlice } from './flights-slice.ts'

export type LineFormat = 'ndjson' | 'csv'

/** As the sample pipeline declares them. */
export const flightsColumns: readonly ColumnDefinition[] = [
  { name: 'id', from: 'id', type: { kind: 'bigint' }, key: true },
  { name: 'departed_at', from: 'date', type: { kind: 'timestamp' }, key: false },
  { name: 'delay', from: 'delay', type: { kind: 'integer' }, key: false },
  { name: 'distance', from: 'distance', type: { kind: 'integer' }, key: false },
  { name: 'origin', from: 'origin', type: { kind: 'text' }, key: false },
  { name: 'destination', from: 'destination', type: { kind: 'text' }, key: false },
]

const csvHeader = Buffer.from('id,date,delay,distance,origin,destination\n')
const pageRows = 10_000
const batchBytes = 16 * 2 ** 20

/** Writes a slice's flights as one file, line by line as the sample source serves them. */
export async function writeFlightsFile(
  directory: string,
  format: LineFormat,
  { rows }: FlightsSlice,
): Promise<string> {
  const { flightsPath } = await findSampleData()
  const path = join(directory, `flights.${format}`)
  const options = format === 'ndjson' ? 'format json' : 'format csv, header true'
  await runSql(`
    COPY (
      SELECT file_row_number + 1 AS id, strftime(date, '%Y-%m-%dT%H:%M:%S') AS date,
        delay, distance, origin, destination
      FROM read_parquet(${sqlText(flightsPath)}, file_row_number = true)
      WHERE file_row_number < ${rows}
      ORDER BY file_row_number
    ) TO ${sqlText(path)} (${options})`)
  return path
}

/** Lands the file's lines page by page; returns the batches that a load makes of them. */
export async function landFlights(
  store: ObjectStore,
  path: string,
  format: LineFormat,
): Promise<LandedPage[][]> {
  const batches: LandedPage[][] = []
  let pages: LandedPage[] = []
  let sizeBytes = 0
  for (const { body, records } of pagesOf(await readFile(path), format)) {
    const key = `page-${batches.length}-${pages.length}.${format}.zst` as ObjectKey
    const digest = await digestOf(body)
    await landPage(store, key, { body, digest, nextLink: undefined }, {})
    pages.push({ key, digest, sizeBytes: body.length, records, recordsStart: null })
    sizeBytes += body.length
    if (sizeBytes < batchBytes) continue
    batches.push(pages)
    pages = []
    sizeBytes = 0
  }
  return pages.length === 0 ? batches : [...batches, pages]
}

/** Runs of lines; of CSV each with the header above them, as a paged source serves them. */
function* pagesOf(body: Buffer, format: LineFormat): Generator<{ body: Buffer; records: number }> {
  let end = format === 'csv' ? csvHeader.length : 0
  while (end < body.length) {
    const start = end
    let records = 0
    for (; records < pageRows && end < body.length; records += 1) {
      end = body.indexOf(0x0a, end) + 1
    }
    const lines = body.subarray(start, end)
    yield { body: format === 'csv' ? Buffer.concat([csvHeader, lines]) : lines, records }
  }
}
