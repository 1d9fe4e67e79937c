import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { to } from 'pg-copy-streams'
import { openBenchDatabase } from './bench-database.ts'
import { startBenchStack } from './bench-stack.ts'
import { writeFlightsFile } from './convert-flights.ts'
import { flightsSlice, type FlightsSlice } from './flights-slice.ts'
import { columnNames, createStaging, settle, tableContents } from './flights-table.ts'
import { say } from './report.ts'
import { copyFile } from './stage-floor.ts'
import { measure, type Measured } from './stage-measure.ts'
import { flightsLoad, openOurSide, type OurSide } from './stage-ours.ts'
import { writeParts, type LocalPart } from './stage-parts.ts'
import { shuffleRows, type StageRows } from './stage-shuffled.ts'

/** The same rows in every form that a side starts with. */
export interface StageBed {
  readonly database: Client
  readonly databaseUrl: string
  /** Of PostgreSQL. */
  readonly databasePid: number
  readonly slice: FlightsSlice
  readonly parts: readonly LocalPart[]
  readonly csvPath: string
  readonly binaryPath: string
  /** All rows, in a table that is only read. */
  readonly rowsTable: string
  /** The rows in no order of their keys. */
  readonly shuffled: StageRows
  readonly ours: OurSide
  /** Whether a table holds the rows, by count and digest. */
  isRight(table: string): Promise<boolean>
  /** Times what this process and PostgreSQL do together. */
  measure(work: () => Promise<unknown>): Promise<Measured>
  stop(): Promise<void>
}

const rowsTable = 'public.flights_rows'

export async function openStageBed(rows: number): Promise<StageBed> {
  const slice = await flightsSlice(rows)
  const stack = await startBenchStack(say)
  try {
    const files = join(stack.directory, 'stage')
    mkdirSync(files)
    say('writing parts and files')
    const parts = await writeParts(files, slice)
    const csvPath = await writeFlightsFile(files, 'csv', slice)
    const binaryPath = join(files, 'flights.copy')
    const databaseUrl = stack.addresses.database.url
    const database = await openBenchDatabase(stack)
    await createStaging(database, rowsTable)
    await copyFile({ databaseUrl, table: rowsTable, path: csvPath, format: 'csv' })
    await settle(database, [rowsTable])
    await pipeline(
      database.query(to(`COPY ${rowsTable} (${columnNames.join(', ')}) TO STDOUT (FORMAT binary)`)),
      createWriteStream(binaryPath),
    )
    const shuffled = await shuffleRows(database, rowsTable, parts, files)
    const ours = await openOurSide(databaseUrl, join(files, 'spill'))
    await ours.check(flightsLoad('flights_ours', parts))
    const databasePid = stack.pids['database'] ?? 0
    return {
      database,
      databaseUrl,
      databasePid,
      slice,
      parts,
      csvPath,
      binaryPath,
      rowsTable,
      shuffled,
      ours,
      async isRight(table) {
        const contents = await tableContents(database, table)
        return contents.rows === slice.rows && contents.digest === slice.digest
      },
      measure: (work) => measure([databasePid, process.pid], work),
      async stop() {
        await ours.close()
        await database.end()
        await stack.stop()
      },
    }
  } catch (error) {
    await stack.stop()
    throw error
  }
}
