import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'

/**
 * Runs one statement in a DuckDB of its own, so that no memory stays behind between renderings.
 * Meant for small results: they come back whole, as columns.
 */
export async function runSql(sql: string): Promise<DuckDBValue[][]> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB' })
  try {
    const connection = await instance.connect()
    try {
      return (await connection.runAndReadAll(sql)).getColumns()
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
  }
}

/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
