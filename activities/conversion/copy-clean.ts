import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { RecordsFile } from './convert-records.ts'
import { rowGroupRowsOf } from './row-group-rows.ts'
import { identifier, literal } from './sql-text.ts'

/** What DuckDB says where a statement meets data that it was not made for, or has no room. */
const isGivenUp = /^(Invalid Input|Conversion|Out of Memory) Error/

/**
 * Writes the part straight from the records, where each of them is good: that saves the table which
 * finds out which are.
 *
 * @param typed SQL of the rows: the columns as `c0` and so on, and `reject`.
 * @returns whether the part holds all records; otherwise it is to be written in another way
 */
export async function copyClean(
  connection: DuckDBConnection,
  columns: readonly ColumnDefinition[],
  { size, malformed }: RecordsFile,
  { typed, partPath }: { readonly typed: string; readonly partPath: string },
): Promise<boolean> {
  if (size === undefined || (malformed?.count ?? 0) > 0) return false
  // Of these a value may be wider than its text.
  if (columns.some((column) => column.type.kind === 'array' || column.default !== undefined)) {
    return false
  }
  const names = columns.map(({ name }, index) => {
    // The first record that has to be set aside ends the attempt.
    const value =
      index === 0 ? `CASE WHEN reject IS NULL THEN c0 ELSE error('reject') END` : `c${index}`
    return `${value} AS ${identifier(name)}`
  })
  const width = size.bytes / Math.max(size.records, 1) + 8 * columns.length
  try {
    const { rowsChanged } = await connection.run(
      `COPY (SELECT ${names.join(', ')} FROM (${typed}))
       TO ${literal(partPath)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowGroupRowsOf(width)})`,
    )
    return rowsChanged === size.records
  } catch (error) {
    if (error instanceof Error && isGivenUp.test(error.message)) return false
    throw error
  }
}
