import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { to } from 'pg-copy-streams'
import { DuckDb } from '../../activities/conversion/duck-db.ts'
import { literal } from '../../activities/conversion/sql-text.ts'
import { columnNames } from './flights-table.ts'
import type { LocalPart } from './stage-parts.ts'

/** Rows in the forms that each side starts with. */
export interface StageRows {
  readonly parts: readonly LocalPart[]
  readonly csvPath: string
}

/** The rows of a table, which `parts` have as well, in no order: as those of a source whose keys have none. */
export async function shuffleRows(
  database: Client,
  rowsTable: string,
  parts: readonly LocalPart[],
  directory: string,
): Promise<StageRows> {
  const csvPath = join(directory, 'shuffled.csv')
  const selected = `SELECT ${columnNames.join(', ')} FROM ${rowsTable} ORDER BY hashint8(id)`
  await pipeline(
    database.query(to(`COPY (${selected}) TO STDOUT (FORMAT csv, HEADER)`)),
    createWriteStream(csvPath),
  )
  const shuffled: LocalPart[] = []
  const duckDb = await DuckDb.open({ spillDirectory: join(directory, 'spill') })
  await duckDb.withConnection(new AbortController().signal, async (connection) => {
    const files = parts.map(({ path }) => literal(path)).join(', ')
    await connection.run(
      `CREATE TEMP TABLE shuffled AS SELECT *, row_number() OVER (ORDER BY hash(id)) AS place
         FROM read_parquet([${files}])`,
    )
    let before = 0
    for (const { rowCount } of parts) {
      const path = join(directory, `shuffled-${shuffled.length}.parquet`)
      await connection.run(
        `COPY (SELECT * EXCLUDE (place) FROM shuffled
                WHERE place BETWEEN ${before + 1} AND ${before + rowCount} ORDER BY place)
           TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
      )
      shuffled.push({ path, rowCount })
      before += rowCount
    }
  })
  duckDb.close()
  return { parts: shuffled, csvPath }
}
