import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { SourceFormat } from '../source-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import { castSql, duckDbType, rejectReasonSql, type ReadColumn } from './column-sql.ts'
import { memoryFailure } from './memory-failure.ts'
import { copyClean } from './copy-clean.ts'
import { fieldsOf, readerSql } from './reader-sql.ts'
import { recordsLost } from './records-lost.ts'
import { rowGroupRows } from './row-group-rows.ts'
import { identifier, literal } from './sql-text.ts'

export interface RecordsFile {
  /** A file, or a pattern that all files match. */
  readonly path: string
  /** The files in the order of their records, where there may be several. */
  readonly paths?: readonly string[]
  readonly format: SourceFormat
  /** Of CSV: the names of its columns, since the file has no header. */
  readonly header?: readonly string[] | undefined
  /** Which page each run of records came from, in order; pages without records left out. */
  readonly pages: readonly { readonly key: string; readonly firstRecord: number }[]
  /** Of the longest record as it stands in the file. */
  readonly longestRecordBytes: number
  /** Of all records as they stand in the files, where that is known. */
  readonly size?: { readonly records: number; readonly bytes: number }
  /** Records that are set aside before anything is cast, as lines of `MalformedLine`. */
  readonly malformed?: { readonly path: string; readonly count: number } | undefined
  /** Of Parquet: the SQL of what `readerSql` returns. */
  readonly relation?: string
}

/** `MalformedRecord`, with its position among all records of the file. */
export interface MalformedLine {
  readonly position: number
  readonly line: number | null
  readonly reason: string
  readonly raw: string
}

export interface ConvertedRecords {
  /** Records whose values are all of their types. */
  readonly convertedCount: number
  /** Rows of the part: as many, where no transform makes more or fewer of them. */
  readonly rowCount: number
  readonly rejectCount: number
  /** `column: reason` of the first row that was set aside. */
  readonly firstReject: string | undefined
  /** Whether a row was set aside for nothing but the type of a column that nobody has declared. */
  readonly hasMisfits?: boolean
}

export interface ConvertedPlaces {
  readonly partPath: string
  readonly rejectsPath: string
}

/**
 * Reads records as text, casts each column to its declared type, and writes the good rows as Parquet
 * (in source order) and the bad ones, with page, position and reason, as NDJSON.
 *
 * @throws PipelineError CONVERSION_FAILED when the file is not of its format at all, or memory is short
 */
export async function convertRecords(
  connection: DuckDBConnection,
  columns: readonly ReadColumn[],
  records: RecordsFile,
  output: ConvertedPlaces,
): Promise<ConvertedRecords> {
  try {
    return await convert(connection, columns, records, output)
  } catch (error) {
    throw memoryFailure(error, 'the batch')
  }
}

async function convert(
  connection: DuckDBConnection,
  columns: readonly ReadColumn[],
  records: RecordsFile,
  output: ConvertedPlaces,
): Promise<ConvertedRecords> {
  const fields = fieldsOf(columns)
  const reader = readerSql(fields, records)
  // Names of our own: a column of the pipeline may be called `reject` or `rowid`, and fields may
  // differ in case only, which DuckDB does not see.
  const named = columns.map((column) => ({ ...column, from: `f${fields.indexOf(column.from)}` }))
  const casts = named.map((column, index) => `${castSql(column)} AS c${index}`).join(', ')
  const values = named.map((_, index) => `c${index}`).join(', ')
  const typed = `SELECT ${values}, ${rejectReasonSql(named)} AS reject
    FROM (SELECT source.*, ${casts} FROM ${reader} AS source) AS source`
  const { partPath } = output
  if (await copyClean(connection, columns, records, { typed, partPath })) {
    const { records: count = 0 } = records.size ?? {}
    return { convertedCount: count, rowCount: count, rejectCount: 0, firstReject: undefined }
  }
  await runReader(connection, `CREATE OR REPLACE TEMP TABLE typed AS ${typed}`)
  await setAside(connection, records)
  const counts = await connection.runAndReadAll(
    `SELECT count(*) - count(reject), count(reject), first(reject ORDER BY rowid) FILTER (reject IS NOT NULL),
       count(*) FILTER (${isMisfitSql(columns)}) > 0 FROM typed`,
  )
  const [convertedCount, rejectCount, firstReject, hasMisfits] = counts.getRowsJson()[0] ?? []
  const names = columns.map(({ name }, index) => `c${index} AS ${identifier(name)}`).join(', ')
  const good = {
    values: columns.map((_, index) => `c${index}`),
    from: 'FROM typed WHERE reject IS NULL',
  }
  const groupRows = await rowGroupRows(connection, columns, good)
  await runReader(
    connection,
    `COPY (SELECT ${names} ${good.from})
     TO ${literal(partPath)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows})`,
  )
  if (Number(rejectCount) > 0) {
    await runReader(connection, rejectsSql(fields, records, reader, output.rejectsPath))
  }
  await connection.run('DROP TABLE typed; DROP TABLE malformed')
  return {
    convertedCount: Number(convertedCount),
    rowCount: Number(convertedCount),
    rejectCount: Number(rejectCount),
    firstReject: typeof firstReject === 'string' ? firstReject : undefined,
    ...(hasMisfits === true ? { hasMisfits } : {}),
  }
}

/** By the reason: columns that nobody has declared come last, and the first rule that is broken is told. */
function isMisfitSql(columns: readonly ReadColumn[]): string {
  const evolved = columns.filter(({ isEvolved }) => isEvolved === true)
  const conditions = evolved.map(({ name }) => `starts_with(reject, ${literal(`${name}: `)})`)
  return conditions.length === 0 ? 'false' : conditions.join(' OR ')
}

/** Gives the records that are malformed their reason, in place of what is said of their stand-ins. */
async function setAside(
  connection: DuckDBConnection,
  { malformed, pages }: RecordsFile,
): Promise<void> {
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE malformed (position BIGINT, line BIGINT, reason VARCHAR, raw VARCHAR)',
  )
  if (malformed === undefined || malformed.count === 0) return
  const { path, count } = malformed
  await connection.run(
    `INSERT INTO malformed SELECT * FROM read_json(${literal(path)}, format = 'newline_delimited',
       columns = {position: 'BIGINT', line: 'BIGINT', reason: 'VARCHAR', raw: 'VARCHAR'}, compression = 'uncompressed')`,
  )
  const { rowsChanged } = await connection.run(
    'UPDATE typed SET reject = malformed.reason FROM malformed WHERE typed.rowid = malformed.position',
  )
  if (rowsChanged === count) return
  const message = `${count} records are malformed and ${rowsChanged} were set aside`
  throw recordsLost(message, pages[0]?.key)
}

function rejectsSql(
  fields: readonly string[],
  { pages }: RecordsFile,
  reader: string,
  rejectsPath: string,
): string {
  const starts = pages.map(({ key, firstRecord }) => `(${literal(key)}, ${firstRecord}::BIGINT)`)
  const members = fields.map((field, index) => `${literal(field)}, source.f${index}`)
  return `COPY (
    SELECT page, position - first_record AS record, line, rejected.reject AS reason,
      CASE WHEN malformed.position IS NULL THEN fields END AS fields, raw
    FROM (SELECT row_number() OVER () - 1 AS position, json_object(${members.join(', ')}) AS fields FROM ${reader} AS source) numbered
    JOIN (SELECT rowid AS position, reject FROM typed WHERE reject IS NOT NULL) rejected USING (position)
    LEFT JOIN malformed USING (position)
    ASOF JOIN (VALUES ${starts.join(', ')}) pages(page, first_record) ON numbered.position >= first_record
    ORDER BY numbered.position
  ) TO ${literal(rejectsPath)} (FORMAT json, COMPRESSION zstd)`
}

async function runReader(connection: DuckDBConnection, sql: string): Promise<void> {
  try {
    await connection.run(sql)
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
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
      // Its own form holds 24:00 as any other time of day.
      if (type.kind === 'time') return `epoch_us(${column})::BIGINT`
      return `${column}::${duckDbType(type)}`
    })
    .join(', ')
}
