import type { DuckDBConnection } from '@duckdb/node-api'

/** The rows of a query, each value as text; NULL is undefined. */
export async function queryTexts(
  connection: DuckDBConnection,
  sql: string,
): Promise<(string | undefined)[][]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRowsJson().map((row) =>
    row.map((value) => {
      if (value === null) return undefined
      return typeof value === 'string' ? value : JSON.stringify(value)
    }),
  )
}

/** The first value of a query, as a number; NaN where it is NULL. */
export async function queryNumber(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await queryTexts(connection, sql))[0]?.[0])
}
