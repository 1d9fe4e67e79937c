import type { DuckDBConnection } from '@duckdb/node-api'
import { join } from 'node:path'
import { absentColumns } from '../evolution/absent-columns.ts'
import { discardedFields } from '../evolution/discarded-fields.ts'
import { noteFields, type NoteFieldsInput } from '../evolution/note-fields.ts'
import type { NotedField } from '../evolution/noted-fields.ts'
import type { LandedPage } from '../landing/landed-batch.ts'
import { requiredFields } from '../landing/read-page.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { SourceFormat } from '../source-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { ReadColumn } from './column-sql.ts'
import type { ConversionRules } from './conversion-rules.ts'
import { convertRecords, type ConvertedRecords } from './convert-records.ts'
import type { DuckDb } from './duck-db.ts'
import { parquetFailure } from './parquet-failure.ts'
import { parquetFields } from './parquet-fields.ts'
import { recordFields, type RecordFields } from './record-fields.ts'
import { recordsLost } from './records-lost.ts'
import { checkFields, requireAny } from './schema-rule.ts'
import { transformPart } from './transform-part.ts'
import { writeParquet, type WrittenParquet } from './write-parquet.ts'
import { writeRecords, type WrittenRecords } from './write-records.ts'

export interface ConvertPagesInput {
  readonly columns: readonly ColumnDefinition[]
  /** Those of the columns that nobody has declared; they come last. */
  readonly evolved?: readonly ColumnDefinition[] | undefined
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
  /** Declared columns whose field is in no record, by their positions. */
  readonly absent: readonly number[]
  /** Of `schema: discard`: names of fields that no column declares, as far as `discardedFields` finds them. */
  readonly discarded?: readonly string[]
  /** Of `schema: evolve`: what there is no column for, or none that takes all values. */
  readonly noted?: readonly NotedField[]
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
      const { evolved = [] } = input
      const { runs } = records
      const declared = declaredColumns(input)
      const names = columns.slice(0, declared.length).map(({ from }) => from)
      const looking = { declared, names, records, runs, partPath }
      // Where no record is good nothing can be told.
      const absent = made.convertedCount > 0 ? await absentColumns(connection, looking) : []
      const { schema } = input.rules
      const namesAll = records.header !== undefined || runs !== undefined
      if (namesAll && evolved.length === 0) requireAny(declared.length, absent, input.pages[0]?.key)
      if (schema === 'freeze') return { ...made, absent }
      if (schema === 'discard') {
        const discarded = await discardedFields({ ...writer.fields, records, runs })
        return { ...made, absent, discarded }
      }
      const { hasMisfits = false } = made
      const noting = { format, evolved, records, hasMisfits, ...writer.fields }
      const noted = await noteFields(connection, { ...input, ...noting, runs })
      return { ...made, absent, noted }
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
  readonly fields: Pick<NoteFieldsInput, 'declared' | 'added'>
  /** @param strict A second look, at what DuckDB has refused. */
  readonly write: (strict: boolean) => Promise<WrittenRecords & Partial<WrittenParquet>>
  /** Whether the records' fields are allowed, where that is not known before they are written. */
  readonly checkFields?: (connection: DuckDBConnection, records: WrittenRecords) => Promise<void>
}

function textWriter(input: ConvertPagesInput): RecordsWriter {
  const { columns, extracted } = recordFields(columnsOf(input), input.format)
  const declared = declaredFields(input)
  const fields = new Set(input.columns.map(topLevelField))
  const required = requiredFields(input.columns)
  const added = new Set(extracted.map(({ name }) => name))
  const rule = input.rules.schema
  return {
    columns,
    fields: { declared, added },
    write: (strict) => {
      // A header may have a name twice that nobody has declared: the second is another column.
      const names = input.format === 'csv' ? declared : fields
      return writeRecords({ ...input, fields: names, required, extracted, strict })
    },
    checkFields: (connection, records) => {
      const { recordCount } = records
      return checkFields(connection, { rule, declared, added, records, recordCount })
    },
  }
}

function topLevelField({ from, path }: ColumnDefinition): string {
  return path?.[0] ?? from
}

function declaredFields(input: ConvertPagesInput): ReadonlySet<string> {
  return new Set(declaredColumns(input).map(topLevelField))
}

function declaredColumns({
  columns,
  evolved = [],
}: ConvertPagesInput): readonly ColumnDefinition[] {
  const others = new Set(evolved.map(({ name }) => name))
  return columns.filter(({ name }) => !others.has(name))
}

function columnsOf({ columns, evolved = [] }: ConvertPagesInput): readonly ReadColumn[] {
  const others = new Set(evolved.map(({ name }) => name))
  return columns.map((column) =>
    others.has(column.name) ? { ...column, isEvolved: true } : column,
  )
}

function parquetWriter(duckDb: DuckDb, input: ConvertPagesInput): RecordsWriter {
  const { columns, fields } = parquetFields(columnsOf(input))
  const { schema } = input.rules
  const write = (strict: boolean): Promise<WrittenParquet> =>
    duckDb.withConnection(input.signal, (connection) =>
      writeParquet(connection, { ...input, fields, schema, strict }),
    )
  return { columns, fields: { declared: declaredFields(input), added: new Set() }, write }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof PipelineError && error.code === 'CONVERSION_FAILED' && !error.retryable
}
