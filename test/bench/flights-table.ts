import type { Client } from 'pg'
import { rowTextSql } from './flights-slice.ts'

export const columnNames = ['id', 'departed_at', 'delay', 'distance', 'origin', 'destination']

/** The columns beside the key, as the sample pipeline `flights` makes them. */
const columns = `departed_at timestamp, delay integer, distance integer, origin text, destination text`

/** Makes the table anew: empty, with its key. */
export async function createFlights(database: Client, table: string): Promise<void> {
  await database.query(`DROP TABLE IF EXISTS ${table}`)
  await database.query(`CREATE TABLE ${table} (id bigint PRIMARY KEY, ${columns})`)
}

/** The staging table of the floor: not logged, without an index, as ours. */
export async function createStaging(database: Client, table: string): Promise<void> {
  await database.query(`DROP TABLE IF EXISTS ${table}`)
  // The position is what our merge statements look at; COPY does not send it.
  await database.query(
    `CREATE UNLOGGED TABLE ${table} (id bigint NOT NULL, ${columns}, _position bigint NOT NULL DEFAULT 0)
       WITH (autovacuum_enabled = false)`,
  )
}

/** Leaves the server nothing to do that an earlier measurement has caused. */
export async function settle(database: Client, tables: readonly string[]): Promise<void> {
  for (const table of tables) await database.query(`VACUUM (ANALYZE) ${table}`)
  await database.query('CHECKPOINT')
}

export async function tableContents(
  database: Client,
  table: string,
): Promise<{ rows: number; digest: string }> {
  const { rows } = await database.query<{ rows: number; digest: string }>(
    `SELECT count(*)::integer AS rows, coalesce(md5(string_agg(md5(${rowTextSql}), '' ORDER BY id)), '') AS digest
       FROM ${table}`,
  )
  return rows[0] ?? { rows: 0, digest: '' }
}
