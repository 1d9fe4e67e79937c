import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import { duckDbType } from './column-sql.ts'
import { identifier, literal } from './sql-text.ts'

/** Makes the rows of Parquet files, in order, known to SQL under a name; of none, no rows. */
export async function createRelation(
  connection: DuckDBConnection,
  relation: string,
  paths: readonly string[],
  columns: readonly ColumnDefinition[],
): Promise<void> {
  const selected = columns.map(
    ({ name, type }) => `${identifier(name)}::${duckDbType(type)} AS ${identifier(name)}`,
  )
  if (paths.length === 0) {
    const typed = columns.map(({ name, type }) => `${identifier(name)} ${duckDbType(type)}`)
    await connection.run(`CREATE TEMP TABLE ${identifier(relation)} (${typed.join(', ')})`)
    return
  }
  await connection.run(
    `CREATE VIEW ${identifier(relation)} AS SELECT ${selected.join(', ')}
     FROM read_parquet([${paths.map(literal).join(', ')}], hive_partitioning = false)`,
  )
}
