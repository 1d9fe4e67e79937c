import { DuckDBInstance } from '@duckdb/node-api'
import { findSampleData } from '../../infra/sample-source/sample-data.ts'
import type { TestDatabase } from '../targets/support/test-database.ts'

/** What a table of flights holds, down to the last digit of each row. */
export interface FlightsDigest {
  readonly rows: number
  readonly delaySum: number
  /** MD5 over the MD5 of each row as text, ordered by id. */
  readonly digest: string
}

/** Of the table, worked out by PostgreSQL. */
export async function tableDigest(database: TestDatabase, table: string): Promise<FlightsDigest> {
  const fields = ['id', `to_char(departed_at, 'YYYY-MM-DD HH24:MI:SS.US')`, ...plainFields]
  const [row] = await database.query<{ rows: string; delay_sum: string; digest: string }>(
    digestSql(fields, table, ''),
  )
  return toDigest(row)
}

/** Of the real file, worked out by DuckDB: neither our code nor the sample source has a part in it. */
export async function sourceDigest(interval: {
  readonly since: string
  readonly until: string
}): Promise<FlightsDigest> {
  const { flightsPath } = await findSampleData()
  const fields = ['file_row_number + 1', `strftime(date, '%Y-%m-%d %H:%M:%S.%f')`, ...plainFields]
  const [row] = await askDuckDb(
    digestSql(
      fields,
      `read_parquet(${quoted(flightsPath)}, file_row_number = true)`,
      `WHERE date >= TIMESTAMP '${interval.since}' AND date < TIMESTAMP '${interval.until}'`,
    ),
  )
  return toDigest(row)
}

/** The airports of the real file, as text, in the order of their code. */
export async function sourceAirports(): Promise<Readonly<Record<string, unknown>>[]> {
  const { airportsPath } = await findSampleData()
  return askDuckDb(
    `SELECT * FROM read_csv(${quoted(airportsPath)}, header = true, all_varchar = true) ORDER BY iata`,
  )
}

async function askDuckDb(sql: string): Promise<Readonly<Record<string, unknown>>[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const plainFields = ['delay', 'distance', 'origin', 'destination']

function digestSql(fields: readonly string[], from: string, where: string): string {
  const row = fields.map((field) => `coalesce((${field})::text, 'NULL')`).join(` || '|' || `)
  const [id] = fields
  return `SELECT count(*)::text AS rows, sum(delay)::text AS delay_sum,
                 md5(string_agg(md5(${row}), '' ORDER BY ${id})) AS digest
            FROM ${from} ${where}`
}

function toDigest(row: Readonly<Record<string, unknown>> | undefined): FlightsDigest {
  const { rows, delay_sum: delaySum, digest } = row ?? {}
  return { rows: Number(rows), delaySum: Number(delaySum), digest: String(digest) }
}
