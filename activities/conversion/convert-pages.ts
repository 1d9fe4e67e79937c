import type { DuckDBConnection } from '@duckdb/node-api'
import { join } from 'node:path'
import type { LandedPage } from '../landing/landed-batch.ts'
import { requiredFields } from '../landing/read-page.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { SourceFormat } from '../source-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { ConversionRules } from './conversion-rules.ts'
import { convertRecords, type ConvertedRecords } from './convert-records.ts'
import type { DuckDb } from './duck-db.ts'
import { parquetFailure } from './parquet-failure.ts'
import { parquetFields } from './parquet-fields.ts'
import { recordFields, type RecordFields } from './record-fields.ts'
import { recordsLost } from './records-lost.ts'
import { checkFields } from './schema-rule.ts'
import { transformPart } from './transform-part.ts'
import { writeParquet } from './write-parquet.ts'
import { writeRecords, type WrittenRecords } from './write-records.ts'

export interface ConvertPagesInput {
  readonly columns: readonly ColumnDefinition[]
  readonly rules: ConversionRules
  readonly format: SourceFormat
  readonly pages: readonly LandedPage[]
  readonly read: (page: LandedPage) => Promise<Buffer>
  /** An empty folder for what is made. */
  readonly folder: string
  readonly signal: AbortSignal
}

export interface ConvertedPages extends ConvertedRecords {
  /** What the pages hold: converted and rejected. */
  readonly recordCount: number
  readonly partPath: string
  /** Written only where records were rejected. */
  readonly rejectsPath: string
}

/**
 * Turns landed pages into one Parquet part of the declared types, and sets bad records aside.
 *
 * @throws PipelineError CONVERSION_FAILED, SOURCE_MALFORMED, SCHEMA_CHANGED, TRANSFORM_FAILED, and
 * ROWS_LOST when what came out is not all that was landed
 */
export async function convertPages(
  duckDb: DuckDb,
  input: ConvertPagesInput,
): Promise<ConvertedPages> {
  const { format, folder, signal } = input
  const { columns, write, ...writer } =
    format === 'parquet' ? parquetWriter(duckDb, input) : textWriter(input)
  const partPath = join(folder, 'part.parquet')
  const rejectsPath = join(folder, 'rejects.ndjson.zst')

  const look = async (strict: boolean): Promise<ConvertedPages> => {
    const records = await write(strict)
    const converted = await duckDb.withConnection(signal, async (connection) => {
      const places = { partPath, rejectsPath }
      const made = await convertRecords(connection, columns, records, places)
      await writer.checkFields?.(connection, records)
      return made
    })
    return { ...converted, recordCount: records.recordCount, partPath, rejectsPath }
  }

  const converted = await look(false).catch((caught: unknown) => {
    const error = format === 'parquet' ? parquetFailure(caught, input.pages) : caught
    // DuckDB refuses a file for one record: which one, a closer look tells.
    if (format === 'csv' || !isUnreadable(error)) throw error
    return look(true).catch((again: unknown) => {
      throw format === 'parquet' ? parquetFailure(again, input.pages) : again
    })
  })
  const { recordCount, convertedCount, rejectCount } = converted
  if (recordCount !== convertedCount + rejectCount) {
    throw recordsLost(
      `${recordCount} records were landed, ${convertedCount} converted and ${rejectCount} rejected`,
      input.pages[0]?.key,
    )
  }
  const { transform } = input.rules
  if (transform === undefined) return converted
  const { columns: declared } = input
  const made = await transformPart(duckDb, { partPath, declared, transform, folder, signal })
  return { ...converted, ...made }
}

interface RecordsWriter {
  readonly columns: RecordFields['columns']
  /** @param strict A second look, at what DuckDB has refused. */
  readonly write: (strict: boolean) => Promise<WrittenRecords>
  /** Whether the records' fields are allowed, where that is not known before they are written. */
  readonly checkFields?: (connection: DuckDBConnection, records: WrittenRecords) => Promise<void>
}

function textWriter(input: ConvertPagesInput): RecordsWriter {
  const { columns, extracted } = recordFields(input.columns, input.format)
  const fields = new Set(input.columns.map(({ from, path }) => path?.[0] ?? from))
  const required = requiredFields(input.columns)
  const added = new Set(extracted.map(({ name }) => name))
  const rule = input.rules.schema
  return {
    columns,
    write: (strict) => writeRecords({ ...input, fields, required, extracted, strict }),
    checkFields: (connection, records) => {
      const { recordCount } = records
      return checkFields(connection, { rule, declared: fields, added, records, recordCount })
    },
  }
}

function parquetWriter(duckDb: DuckDb, input: ConvertPagesInput): RecordsWriter {
  const { columns, fields } = parquetFields(input.columns)
  const { schema } = input.rules
  const write = (strict: boolean): Promise<WrittenRecords> =>
    duckDb.withConnection(input.signal, (connection) =>
      writeParquet(connection, { ...input, fields, schema, strict }),
    )
  return { columns, write }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof PipelineError && error.code === 'CONVERSION_FAILED' && !error.retryable
}
