import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { ObjectStore } from '../../codec/index.ts'
import { convertPages } from '../../activities/conversion/convert-pages.ts'
import type { DuckDb } from '../../activities/conversion/duck-db.ts'
import type { LandedPage } from '../../activities/landing/landed-batch.ts'
import { readLandedPage } from '../../activities/landing/page-store.ts'
import { runSql, sqlText } from '../../infra/sample-source/run-sql.ts'
import { flightsColumns, type LineFormat } from './convert-flights.ts'
import { rowTextSql, type FlightsSlice } from './flights-slice.ts'
import { rounded } from './report.ts'

export interface Conversion {
  readonly seconds: number
  /** Of all threads of this process. */
  readonly cpuSeconds: number
  readonly correct: boolean
}

/** Where our conversion starts: batches of pages in a store. */
export interface LandedFlights {
  readonly duckDb: DuckDb
  readonly store: ObjectStore
  readonly format: LineFormat
  readonly batches: readonly (readonly LandedPage[])[]
  /** Batches at once, as `limits.batches_in_flight` has it for a load. */
  readonly inFlight: number
}

/** Our way from landed pages to Parquet parts, batch after batch. */
export function convertOurs(
  flights: LandedFlights,
  directory: string,
  expected: FlightsSlice,
): Promise<Conversion> {
  const { duckDb, store, format, batches, inFlight } = flights
  const { signal } = new AbortController()
  return measured(directory, expected, async (folder) => {
    const waiting = batches.entries()
    const lane = async (): Promise<void> => {
      for (const [number, pages] of waiting) {
        const batchFolder = join(folder, `batch-${number}`)
        await mkdir(batchFolder)
        await convertPages(duckDb, {
          columns: flightsColumns,
          rules: { schema: 'discard' },
          format,
          pages,
          read: (page) => readLandedPage(store, page, { signal }),
          folder: batchFolder,
          signal,
        })
      }
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
    return join(folder, '*', '*.parquet')
  })
}

/** DuckDB's own command on the whole file: as a person would write it, with its own defaults. */
export function convertByDuckDb(
  path: string,
  format: LineFormat,
  directory: string,
  expected: FlightsSlice,
): Promise<Conversion> {
  const columns = `{id: 'BIGINT', date: 'TIMESTAMP', delay: 'INTEGER', distance: 'INTEGER', origin: 'VARCHAR', destination: 'VARCHAR'}`
  const reader =
    format === 'ndjson'
      ? `read_json(${sqlText(path)}, format = 'newline_delimited', columns = ${columns})`
      : `read_csv(${sqlText(path)}, header = true, columns = ${columns})`
  return measured(directory, expected, async (folder) => {
    const part = join(folder, 'flights.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(
      `COPY (SELECT * RENAME (date AS departed_at) FROM ${reader}) TO ${sqlText(part)} (FORMAT parquet, COMPRESSION zstd)`,
    )
    connection.closeSync()
    instance.closeSync()
    return part
  })
}

/** Whether these files hold the flights, in the declared types and in the source's order. */
async function isRight(files: string, expected: FlightsSlice): Promise<boolean> {
  const parts = `read_parquet(${sqlText(files)}, filename = true, file_row_number = true)`
  const [counts, digests] = await runSql(
    `SELECT count(*)::INTEGER, md5(string_agg(md5(${rowTextSql}), '' ORDER BY id)) FROM ${parts}`,
  )
  const [, types] = await runSql(
    `DESCRIBE SELECT * FROM read_parquet(${sqlText(files)}) -- names and types of the columns`,
  )
  const [unordered] = await runSql(`
    SELECT count(*)::INTEGER FROM (
      SELECT id, lag(id) OVER (PARTITION BY filename ORDER BY file_row_number) AS before FROM ${parts}
    ) WHERE id <= before`)
  return (
    Number(counts?.[0]) === expected.rows &&
    digests?.[0] === expected.digest &&
    types?.join() === 'BIGINT,TIMESTAMP,INTEGER,INTEGER,VARCHAR,VARCHAR' &&
    Number(unordered?.[0]) === 0
  )
}

/** Runs a conversion in an empty folder and looks at what it has made there; the look is not timed. */
async function measured(
  directory: string,
  expected: FlightsSlice,
  convert: (folder: string) => Promise<string>,
): Promise<Conversion> {
  const folder = await mkdtemp(join(directory, 'side-'))
  try {
    const cpuBefore = process.cpuUsage()
    const began = performance.now()
    const files = await convert(folder)
    const seconds = (performance.now() - began) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    const correct = await isRight(files, expected)
    return { seconds: rounded(seconds, 3), cpuSeconds: rounded((user + system) / 1e6, 3), correct }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
