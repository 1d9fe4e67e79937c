import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import { duckDbType } from './column-sql.ts'
import { queryNumber } from './query-texts.ts'

/** Whoever reads a Parquet file holds a row group of a column whole, and unpacked. */
const rowGroupBytes = 16 * 1024 * 1024
const leastRows = 2048
const mostRows = 122_880

/**
 * How many rows make a row group, by how wide they are.
 *
 * @param values SQL of each column's value in the rows, which `from` selects
 */
export async function rowGroupRows(
  connection: DuckDBConnection,
  columns: readonly ColumnDefinition[],
  { values, from }: { readonly values: readonly string[]; readonly from: string },
): Promise<number> {
  const widths = columns.map(({ type }, index) => {
    const value = values[index] ?? 'NULL'
    if (type.kind === 'array') return `coalesce(len(${value}) * 16, 0)`
    if (type.kind === 'bytea') return `coalesce(octet_length(${value}), 0)`
    return duckDbType(type) === 'VARCHAR' ? `coalesce(strlen(${value}), 0)` : '8'
  })
  const average = `SELECT coalesce(avg(${widths.join(' + ')}), 1) ${from}`
  return rowGroupRowsOf(await queryNumber(connection, average))
}

/** How many rows make a row group, where one is so many bytes wide on average. */
export function rowGroupRowsOf(rowBytes: number): number {
  const rows = Math.floor(rowGroupBytes / Math.max(rowBytes, 1))
  return Math.min(Math.max(rows, leastRows), mostRows)
}
