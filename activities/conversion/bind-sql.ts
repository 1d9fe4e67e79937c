import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import { createRelation } from './create-relation.ts'
import { foreignSqlProblem } from './foreign-sql.ts'
import { bindMessage } from './sql-failure.ts'
import { identifier } from './sql-text.ts'

export interface BoundColumn {
  readonly name: string
  readonly type: DuckDBType
}

/** The columns that SQL of a pipeline makes of a relation, or what is wrong with it, in words. */
export async function bindSql(
  connection: DuckDBConnection,
  sql: string,
  relation: string,
  columns: readonly ColumnDefinition[],
): Promise<{ readonly columns: readonly BoundColumn[] } | { readonly problem: string }> {
  const names = columns.map(({ name }) => name)
  const problem = await foreignSqlProblem(connection, sql, { relation, columns: names })
  if (problem !== undefined) return { problem }
  await connection.run(`DROP TABLE IF EXISTS ${identifier(relation)}`)
  await createRelation(connection, relation, [], columns)
  try {
    return { columns: await resultColumns(connection, sql) }
  } catch (error) {
    return { problem: bindMessage(error) }
  }
}

/** What a statement gives, without running it. */
export async function resultColumns(
  connection: DuckDBConnection,
  sql: string,
): Promise<BoundColumn[]> {
  const statement = await connection.prepare(sql)
  try {
    return Array.from({ length: statement.columnCount }, (_, index) => ({
      name: statement.columnName(index),
      type: statement.columnType(index),
    }))
  } finally {
    statement.destroySync()
  }
}
