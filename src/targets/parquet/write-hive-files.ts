import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { memoryFailure } from '../../../activities/conversion/memory-failure.ts'
import { queryNumber, queryTexts } from '../../../activities/conversion/query-texts.ts'
import { rowGroupRows } from '../../../activities/conversion/row-group-rows.ts'
import { identifier, literal } from '../../../activities/conversion/sql-text.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { hiveDirectory } from './hive-directory.ts'

/** Each is a file of its own, which readers open one by one. */
const mostDirectories = 1000

/** A local file of rows that belong into one directory. */
export interface HiveFile {
  readonly path: string
  /** With a slash at its end, or empty. */
  readonly directory: string
  /** Of the columns that are directories; NULL is null. */
  readonly values: Readonly<Record<string, string | null>>
  readonly rowCount: number
}

export interface HiveFilesInput {
  /** A Parquet file of the columns. */
  readonly path: string
  /** Where the files are written. */
  readonly folder: string
  readonly columns: readonly ColumnDefinition[]
  /** Those of the columns that are directories; their values are left out of the files. */
  readonly directories: readonly ColumnDefinition[]
}

/**
 * Writes the rows of a part as one file for each directory, in their order. DuckDB's own PARTITION_BY
 * is not asked: it has no room for a text that reads like its name for NULL.
 *
 * @throws PipelineError TARGET_MISMATCH where there are too many directories, or a value cannot be one;
 * CONVERSION_FAILED when memory is short
 */
export async function writeHiveFiles(
  connection: DuckDBConnection,
  input: HiveFilesInput,
): Promise<HiveFile[]> {
  try {
    return await write(connection, input)
  } catch (error) {
    throw memoryFailure(error, 'a part that is sorted into directories')
  }
}

async function write(
  connection: DuckDBConnection,
  { path, folder, columns, directories }: HiveFilesInput,
): Promise<HiveFile[]> {
  const from = `FROM read_parquet(${literal(path)}, hive_partitioning = false)`
  const sorted = directories.map(({ name }) => identifier(name)).join(', ')
  const found = await queryNumber(
    connection,
    `SELECT count(*) FROM (SELECT DISTINCT ${sorted} ${from} LIMIT ${mostDirectories + 1})`,
  )
  if (found > mostDirectories) throw tooMany(directories)
  // Names of our own: a column may be called `rowid` or `file_row_number`.
  const own = (column: ColumnDefinition): string => `c${columns.indexOf(column)}`
  const selected = columns.map((column) => `${identifier(column.name)} AS ${own(column)}`)
  const order = [...directories.map(own), 'position'].join(', ')
  await connection.run(
    `CREATE TEMP TABLE part AS SELECT * EXCLUDE (position)
       FROM (SELECT ${selected.join(', ')}, row_number() OVER () AS position ${from}) ORDER BY ${order}`,
  )
  const kept = columns.filter((column) => !directories.includes(column))
  const groupRows = await rowGroupRows(connection, kept, {
    values: kept.map(own),
    from: 'FROM part',
  })
  const values = directories.map((column) => `${own(column)}::VARCHAR`).join(', ')
  const groups = await queryTexts(
    connection,
    `SELECT min(rowid), count(*), ${values} FROM part GROUP BY ALL ORDER BY min(rowid)`,
  )
  const names = kept.map((column) => `${own(column)} AS ${identifier(column.name)}`)
  const files: HiveFile[] = []
  for (const [first = '', count = '', ...texts] of groups) {
    const rowCount = Number(count)
    const file = join(folder, `directory-${files.length}.parquet`)
    const last = Number(first) + rowCount - 1
    files.push({
      path: file,
      directory: hiveDirectory(
        directories.map(({ name, type }) => ({ name, kind: type.kind })),
        texts,
      ),
      values: Object.fromEntries(
        directories.map(({ name }, index) => [name, texts[index] ?? null]),
      ),
      rowCount,
    })
    await connection.run(
      `COPY (SELECT ${names.join(', ')} FROM part WHERE rowid BETWEEN ${first} AND ${last})
       TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows})`,
    )
  }
  return files
}

function tooMany(directories: readonly ColumnDefinition[]): PipelineError {
  const names = directories.map(({ name }) => name).join(', ')
  return new PipelineError(
    'TARGET_MISMATCH',
    `the rows of one part belong into more than ${mostDirectories} directories`,
    {
      at: { partition_by: names },
      remedy:
        'Partition by columns with fewer values, or by fewer columns; a smaller `limits.batch_bytes` makes smaller parts.',
    },
  )
}
