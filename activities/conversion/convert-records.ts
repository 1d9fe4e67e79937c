import { open } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnDefinition, SourceFormat } from '../pipeline-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import { maxCsvHeaderBytes, readCsvHeader } from './read-csv-header.ts'
import { castSql, duckDbType, rejectReasonSql } from './column-sql.ts'
import { identifier, literal } from './sql-text.ts'

export interface RecordsFile {
  readonly path: string
  readonly format: SourceFormat
  /** Which page each run of records came from, in order. */
  readonly pages: readonly { readonly key: string; readonly firstRecord: number }[]
  /** Of the longest record as it stands in the file; 0 where that is not known (CSV). */
  readonly longestRecordBytes: number
}

export interface ConvertedRecords {
  readonly rowCount: number
  readonly rejectCount: number
  /** `column: reason` of the first row that was set aside. */
  readonly firstReject: string | undefined
}

/**
 * Reads records as text, casts each column to its declared type, and writes the good rows as Parquet
 * (in source order) and the bad ones, with page, position and reason, as NDJSON.
 *
 * @throws PipelineError CONVERSION_FAILED when the file is not of its format at all
 */
export async function convertRecords(
  connection: DuckDBConnection,
  columns: readonly ColumnDefinition[],
  records: RecordsFile,
  output: { readonly partPath: string; readonly rejectsPath: string },
): Promise<ConvertedRecords> {
  const reader = await readerSql(columns, records)
  // Names of our own: a column of the pipeline may be called `reject` or `rowid`.
  const casts = columns.map((column, index) => `${castSql(column)} AS c${index}`)
  await runReader(
    connection,
    `CREATE OR REPLACE TEMP TABLE typed AS
     SELECT ${casts.join(', ')}, ${rejectReasonSql(columns)} AS reject FROM ${reader} AS source`,
  )
  const counts = await connection.runAndReadAll(
    'SELECT count(*) - count(reject), count(reject), first(reject ORDER BY rowid) FILTER (reject IS NOT NULL) FROM typed',
  )
  const [rowCount, rejectCount, firstReject] = counts.getRowsJson()[0] ?? []
  const names = columns.map(({ name }, index) => `c${index} AS ${identifier(name)}`).join(', ')
  await runReader(
    connection,
    `COPY (SELECT ${names} FROM typed WHERE reject IS NULL)
     TO ${literal(output.partPath)} (FORMAT parquet, COMPRESSION zstd)`,
  )
  if (Number(rejectCount) > 0) {
    await runReader(connection, rejectsSql(columns, records, reader, output.rejectsPath))
  }
  await connection.run('DROP TABLE typed')
  return {
    rowCount: Number(rowCount),
    rejectCount: Number(rejectCount),
    firstReject: typeof firstReject === 'string' ? firstReject : undefined,
  }
}

/** DuckDB's read buffers, one a thread, are twice as large as the longest record may be. */
const leastObjectBytes = 1024 * 1024

async function readerSql(
  columns: readonly ColumnDefinition[],
  records: RecordsFile,
): Promise<string> {
  const { path, format, longestRecordBytes } = records
  const fields = new Set(columns.map(({ from }) => from))
  if (format === 'csv') {
    // Nothing is guessed: a guess from the first rows is no contract.
    return `read_csv(${literal(path)}, auto_detect = false, header = true,
      columns = {${textColumns(readCsvHeader(await startOf(path), fields))}}, delim = ',', quote = '"',
      escape = '"', nullstr = '', allow_quoted_nulls = false, strict_mode = true,
      null_padding = false, ignore_errors = false, compression = 'uncompressed')`
  }
  return `read_json(${literal(path)}, format = 'newline_delimited', columns = {${textColumns([...fields])}},
    maximum_object_size = ${Math.max(leastObjectBytes, longestRecordBytes + 1)}, compression = 'uncompressed')`
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxCsvHeaderBytes))
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function textColumns(names: readonly string[]): string {
  return names.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')
}

function rejectsSql(
  columns: readonly ColumnDefinition[],
  { pages }: RecordsFile,
  reader: string,
  rejectsPath: string,
): string {
  const starts = pages.map(({ key, firstRecord }) => `(${literal(key)}, ${firstRecord}::BIGINT)`)
  const fields = [...new Set(columns.map(({ from }) => from))].map(
    (field) => `${literal(field)}: source.${identifier(field)}`,
  )
  return `COPY (
    SELECT page, position - first_record AS record, reject AS reason, fields
    FROM (SELECT row_number() OVER () - 1 AS position, {${fields.join(', ')}} AS fields FROM ${reader} AS source) numbered
    JOIN (SELECT rowid AS position, reject FROM typed WHERE reject IS NOT NULL) rejected USING (position)
    ASOF JOIN (VALUES ${starts.join(', ')}) pages(page, first_record) ON position >= first_record
    ORDER BY position
  ) TO ${literal(rejectsPath)} (FORMAT json, COMPRESSION zstd)`
}

async function runReader(connection: DuckDBConnection, sql: string): Promise<void> {
  try {
    await connection.run(sql)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (message.startsWith('Out of Memory Error')) {
      throw new PipelineError('CONVERSION_FAILED', 'the batch does not fit in the memory limit', {
        remedy: 'Lower `limits.batch_bytes` and `limits.page_bytes` of the pipeline file.',
        retryable: true,
      })
    }
    // Any other kind is a defect of the statement, not of the data.
    if (!/^(Invalid Input|Conversion) Error/.test(message)) throw error
    // DuckDB's own message quotes the data: it stays out.
    const [where = 'an unknown place'] =
      /\bline:? \d+|\bCSV Error on Line: \d+/i.exec(message) ?? []
    throw new PipelineError('CONVERSION_FAILED', `the records cannot be read (${where})`, {
      remedy: 'Compare the declared format and columns with what was landed.',
    })
  }
}

/** The columns of a part in the forms that go on to the table, for `readPart`. */
export function partColumnsSql(columns: readonly ColumnDefinition[]): string {
  return columns
    .map(({ name, type }) => {
      const column = identifier(name)
      if (type.kind === 'numeric' || type.kind === 'uuid') return `${column}::VARCHAR`
      if (type.kind === 'smallint') return `${column}::INTEGER`
      return `${column}::${duckDbType(type)}`
    })
    .join(', ')
}
