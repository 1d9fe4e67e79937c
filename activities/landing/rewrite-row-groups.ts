import type { DuckDBConnection } from '@duckdb/node-api'
import type { DuckDb } from '../conversion/duck-db.ts'
import { parquetFailure } from '../conversion/parquet-failure.ts'
import { identifier, literal } from '../conversion/sql-text.ts'
import { filesSql, readShape } from '../parquet/parquet-relation.ts'
import { int96NanosecondsSql } from '../parquet/parquet-text-sql.ts'
import type { NeutralSchema } from '../parquet/parquet-schema.ts'
import { hasLeaf } from '../parquet/value-shape.ts'

export interface RewriteInput {
  /** A file with a neutral schema in its footer. */
  readonly from: string
  readonly to: string
  readonly schema: NeutralSchema
  /** Of each of the new row groups, but the last. */
  readonly groupRows: number
  readonly signal: AbortSignal
}

/**
 * Writes the rows of a file anew, in smaller row groups. INT96, which DuckDB does not write, becomes
 * nanoseconds of 64 bits.
 *
 * @returns Whether it has: not where there is an INT96 that these do not hold, or in a list or struct
 * @throws PipelineError CONVERSION_FAILED when the file cannot be read
 */
export async function rewriteRowGroups(
  duckDb: DuckDb,
  { from, to, schema, groupRows, signal }: RewriteInput,
): Promise<boolean> {
  try {
    return await duckDb.withConnection(signal, async (connection) => {
      const columns = await columnsSql(connection, from, schema)
      if (columns === undefined) return false
      await connection.run(
        `COPY (SELECT ${columns} FROM ${filesSql([from])}) TO ${literal(to)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows})`,
      )
      return true
    })
  } catch (error) {
    throw parquetFailure(error)
  }
}

async function columnsSql(
  connection: DuckDBConnection,
  path: string,
  schema: NeutralSchema,
): Promise<string | undefined> {
  const { members } = await readShape(connection, { paths: [path], schema })
  const old = members.filter(({ shape }) => hasLeaf(shape, 'int96'))
  if (old.length === 0) return '*'
  if (old.some(({ shape }) => shape.kind !== 'leaf')) return undefined
  const columns = old.map(({ column }) => {
    const name = identifier(column)
    return { name, nanos: int96NanosecondsSql(name) }
  })
  const lost = columns.map(({ name, nanos }) => `(${name} IS NOT NULL AND ${nanos} IS NULL)`)
  const read = await connection.runAndReadAll(
    `SELECT count(*)::INTEGER FROM ${filesSql([path])} WHERE ${lost.join(' OR ')}`,
  )
  if (read.getRows()[0]?.[0] !== 0) return undefined
  return `* REPLACE (${columns.map(({ name, nanos }) => `${nanos} AS ${name}`).join(', ')})`
}
