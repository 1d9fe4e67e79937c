import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import { resultColumns } from './bind-sql.ts'
import { createRelation } from './create-relation.ts'
import { queryNumber, queryTexts } from './query-texts.ts'
import { resultRules } from './result-rules.ts'
import { resultTypeOf, type ResultType } from './result-type.ts'
import { rowGroupRows } from './row-group-rows.ts'
import { sqlFailure } from './sql-failure.ts'
import { identifier, literal } from './sql-text.ts'

export interface TransformRowsInput {
  /** Parquet files of the declared columns, in order. */
  readonly paths: readonly string[]
  readonly declared: readonly ColumnDefinition[]
  readonly sql: string
  /** What `transformedColumns` has found that the SQL makes. */
  readonly columns: readonly ColumnDefinition[]
}

export interface WrittenFile {
  readonly path: string
  readonly rowCount: number
}

export interface TransformedRows {
  readonly rowCount: number
  /** Writes those from `first` on, in order, as Parquet: to a file, or as several in a folder. */
  readonly write: (target: {
    readonly path: string
    readonly first: number
    readonly count: number
    /** About how large each file of a folder becomes. */
    readonly fileBytes?: number
  }) => Promise<readonly WrittenFile[]>
}

/** Of rows that cannot be loaded, so many reasons are told. */
const maxReasons = 20

/**
 * Runs a transform over Parquet files. What it makes is valid as long as the connection, a sandbox's.
 *
 * @throws PipelineError TRANSFORM_FAILED where the SQL fails, or makes what no table can hold
 */
export async function transformRows(
  connection: DuckDBConnection,
  input: TransformRowsInput,
): Promise<TransformedRows> {
  await createRelation(connection, 'input', input.paths, input.declared)
  const rowCount = await orFailure(input, () => makeRows(connection, input))
  return {
    rowCount,
    write: (target) => orFailure(input, () => writeRows(connection, input.columns, target)),
  }
}

async function writeRows(
  connection: DuckDBConnection,
  columns: readonly ColumnDefinition[],
  { path, first, count, fileBytes }: Parameters<TransformedRows['write']>[0],
): Promise<WrittenFile[]> {
  const names = columns.map(({ name }, index) => `v${index} AS ${identifier(name)}`)
  const from = `FROM made WHERE rowid BETWEEN ${first} AND ${first + count - 1}`
  const values = columns.map((_, index) => `v${index}`)
  const groupRows = await rowGroupRows(connection, columns, { values, from })
  const split = fileBytes === undefined ? '' : `, FILE_SIZE_BYTES ${fileBytes}`
  const rows = await queryTexts(
    connection,
    `COPY (SELECT ${names.join(', ')} ${from})
     TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows},
     RETURN_STATS true${split})`,
  )
  const written = rows.map(([file = '', rowCount]) => ({ path: file, rowCount: Number(rowCount) }))
  return written.toSorted((left, right) => fileNumber(left.path) - fileNumber(right.path))
}

/** DuckDB calls them `data_0.parquet`, `data_1.parquet` and so on. */
function fileNumber(path: string): number {
  return Number(/_(\d+)\.parquet$/.exec(path)?.[1] ?? 0)
}

async function makeRows(
  connection: DuckDBConnection,
  { sql, columns }: TransformRowsInput,
): Promise<number> {
  const results = await resultTypes(connection, sql, columns)
  // Names of our own: the SQL may give some twice, and a column may be called `reject` or `rowid`.
  const made = columns.map((_, index) => `r${index}`)
  await connection.run(`CREATE VIEW result (${made.join(', ')}) AS ${sql}`)
  const values = results.map(({ toValue }, index) => `${toValue(`r${index}`)} AS v${index}`)
  const cases = columns.flatMap((column, index) => {
    const result = results[index]
    if (result === undefined) return []
    const rules = resultRules(column, result, { made: `r${index}`, value: `v${index}` })
    return rules.map(
      ({ condition, reason }) => `WHEN ${condition} THEN ${literal(`${column.name}: ${reason}`)}`,
    )
  })
  const reject = cases.length === 0 ? 'NULL::VARCHAR' : `CASE ${cases.join(' ')} END`
  const kept = columns.map((_, index) => `v${index}`)
  await connection.run(
    `CREATE TEMP TABLE made AS SELECT ${kept.join(', ')}, ${reject} AS reject
     FROM (SELECT result.*, ${values.join(', ')} FROM result)`,
  )
  await refuseBadRows(connection)
  return queryNumber(connection, 'SELECT count(*) FROM made')
}

/** How the columns are made, which have to be those that the table was prepared for. */
async function resultTypes(
  connection: DuckDBConnection,
  sql: string,
  columns: readonly ColumnDefinition[],
): Promise<readonly ResultType[]> {
  const bound = await resultColumns(connection, sql)
  const results = bound.flatMap(({ type }) => resultTypeOf(type) ?? [])
  const isAsPrepared =
    results.length === columns.length &&
    bound.length === columns.length &&
    columns.every(({ name }, index) => bound[index]?.name === name)
  if (isAsPrepared) return results
  throw new PipelineError('TRANSFORM_FAILED', 'the transform makes other columns than it did', {
    remedy: 'The load was prepared by a worker of another version: start the run again.',
  })
}

async function refuseBadRows(connection: DuckDBConnection): Promise<void> {
  const broken = await queryTexts(
    connection,
    `SELECT reject, count(*) FROM made WHERE reject IS NOT NULL
     GROUP BY reject ORDER BY count(*) DESC, reject LIMIT ${maxReasons}`,
  )
  const reasons = broken.map(([reason = '', rows = '']) => `${reason} (${rows} rows)`)
  if (reasons.length === 0) return
  throw new PipelineError(
    'TRANSFORM_FAILED',
    `the transform makes rows that cannot be loaded: ${reasons.join('; ')}`,
    { remedy: 'Correct `transform`: what it makes is not set aside row by row.' },
  )
}

async function orFailure<T>(
  { declared }: Pick<TransformRowsInput, 'declared'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const columns = declared.map(({ name }) => name)
    throw sqlFailure(error, { code: 'TRANSFORM_FAILED', what: 'the transform', columns })
  }
}
