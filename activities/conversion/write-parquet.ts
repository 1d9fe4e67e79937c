import type { DuckDBConnection } from '@duckdb/node-api'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LandedPage } from '../landing/landed-batch.ts'
import { neutralFooter } from '../parquet/neutral-footer.ts'
import { fileField, readParquetFooter } from '../parquet/parquet-footer.ts'
import {
  fieldText,
  filesSql,
  readShape,
  type FieldText,
  type ParquetFiles,
} from '../parquet/parquet-relation.ts'
import { neutralSchema } from '../parquet/parquet-schema.ts'
import { writeThrift } from '../parquet/write-thrift.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { SchemaRule } from '../pipeline-definition.ts'
import type { RecordsFile } from './convert-records.ts'
import { parquetFileName } from './parquet-failure.ts'
import type { ParquetField } from './parquet-fields.ts'
import { recordsLost } from './records-lost.ts'
import { checkFrozen } from './schema-rule.ts'
import { literal } from './sql-text.ts'
import type { WrittenRecords } from './write-records.ts'

export interface WriteParquetInput {
  readonly folder: string
  readonly fields: readonly ParquetField[]
  readonly schema: SchemaRule
  readonly pages: readonly LandedPage[]
  readonly read: (page: LandedPage) => Promise<Buffer>
  /** A second look, at what DuckDB has refused: texts that are no UTF-8 are set aside one by one. */
  readonly strict: boolean
}

/** As much of what is set aside is kept. */
const maxRawText = 4096

/** Runs of files of the same schema. */
export interface FileRun extends ParquetFiles {
  readonly paths: string[]
  readonly signature: string
}

export interface WrittenParquet extends WrittenRecords {
  readonly runs: readonly FileRun[]
}

/**
 * Writes a batch's pages as local Parquet files that DuckDB reads exactly, memory holding one page at
 * a time, and says in SQL what their records are as texts: `f0`, `f1` and so on, for each field.
 *
 * @throws PipelineError SOURCE_MALFORMED, CONVERSION_FAILED, SCHEMA_CHANGED, and ROWS_LOST when a page
 * has another number of records than it was landed with
 */
export async function writeParquet(
  connection: DuckDBConnection,
  input: WriteParquetInput,
): Promise<WrittenParquet> {
  const { folder, fields, strict, schema } = input
  const declared = new Set(fields.map(({ path }) => path[0] ?? ''))
  const runs: FileRun[] = []
  const starts: { key: string; firstRecord: number }[] = []
  let recordCount = 0
  for (const [index, page] of input.pages.entries()) {
    const body = await input.read(page)
    const footer = await readParquetFooter(body.length, (from, to) =>
      Promise.resolve(body.subarray(from, to)),
    ).catch((error: unknown) => {
      throw atPage(error, page)
    })
    const { metadata, start, rows } = footer
    if (page.records !== null && page.records !== rows) {
      const message = `a page was landed with ${page.records} records and ${rows} were read from it`
      throw recordsLost(message, page.key)
    }
    const elements = metadata.structs(fileField.schema)
    const neutral = neutralSchema(elements, { bytesOnly: strict })
    if (rows === 0) continue
    if (schema === 'freeze') checkFrozen(neutral.topNames, declared, page.key)
    // A second look gets names of its own: DuckDB may remember what a file held.
    const path = join(folder, `${strict ? 'again-' : ''}${parquetFileName(index)}`)
    await writeFile(path, [body.subarray(0, start), neutralFooter(footer, neutral)])
    const signature = elements.map((element) => writeThrift(element).toString('latin1')).join('\n')
    const last = runs.at(-1)
    if (last?.signature === signature) last.paths.push(path)
    else runs.push({ paths: [path], schema: neutral, bytesOnly: strict, signature })
    starts.push({ key: page.key, firstRecord: recordCount })
    recordCount += rows
  }
  const texts: FieldText[][] = []
  for (const run of runs) {
    const shape = await readShape(connection, run)
    texts.push(fields.map((field) => fieldText(shape, field, run.bytesOnly)))
  }
  const malformed = await setAside(connection, input, runs, texts)
  return {
    path: folder,
    format: 'parquet',
    relation: relationSql(runs, texts, fields.length),
    pages: starts,
    longestRecordBytes: 0,
    recordCount,
    malformed,
    runs,
  }
}

function relationSql(
  runs: readonly FileRun[],
  texts: readonly (readonly FieldText[])[],
  fieldCount: number,
): string {
  const selects = runs.map(({ paths }, run) => {
    const selected = texts[run]?.map(({ text }, field) => `${text} AS f${field}`)
    return `SELECT ${selected?.join(', ')} FROM ${filesSql(paths)}`
  })
  if (selects.length > 0) return `(${selects.join(' UNION ALL ')})`
  const nothing = Array.from({ length: fieldCount }, (_, field) => `NULL::VARCHAR AS f${field}`)
  return `(SELECT ${nothing.join(', ')} WHERE false)`
}

/** Lists the records whose bytes are no text where they have to be. */
async function setAside(
  connection: DuckDBConnection,
  { folder, fields }: WriteParquetInput,
  runs: readonly FileRun[],
  texts: readonly (readonly FieldText[])[],
): Promise<RecordsFile['malformed']> {
  if (!texts.flat().some(({ isLost }) => isLost !== undefined)) return undefined
  const path = join(folder, 'malformed.ndjson')
  const selects = runs.map(({ paths }, run) => {
    const cases = texts[run]?.flatMap(({ isLost, raw = "''" }, field) => {
      const reason = literal(`${fields[field]?.name}: the bytes are not UTF-8 text`)
      return isLost === undefined ? [] : [{ isLost, reason, raw: `left(${raw}, ${maxRawText})` }]
    })
    const firstOf = (key: 'reason' | 'raw'): string =>
      `CASE ${cases?.map((found) => `WHEN ${found.isLost} THEN ${found[key]}`).join(' ')} END`
    const selected = cases?.length === 0 ? ['NULL', 'NULL'] : [firstOf('reason'), firstOf('raw')]
    return `SELECT ${selected[0]}::VARCHAR AS reason, ${selected[1]}::VARCHAR AS raw FROM ${filesSql(paths)}`
  })
  const { rowsChanged } = await connection.run(
    `COPY (SELECT * FROM (SELECT row_number() OVER () - 1 AS position, NULL AS line, reason, raw
       FROM (${selects.join(' UNION ALL ')})) WHERE reason IS NOT NULL) TO ${literal(path)} (FORMAT json)`,
  )
  return { path, count: rowsChanged }
}

/** What is landed stays as it is: trying again reads the same bytes. */
function atPage(error: unknown, { key }: LandedPage): unknown {
  if (!(error instanceof PipelineError)) return error
  const { code, message, remedy } = error
  return new PipelineError(code, message, { at: { page: key }, remedy })
}
