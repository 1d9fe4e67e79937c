import { join } from 'node:path'
import type { LandedPage } from '../landing/landed-batch.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { SourceFormat } from '../source-definition.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { ConversionRules } from './conversion-rules.ts'
import { convertRecords, type ConvertedRecords } from './convert-records.ts'
import type { DuckDb } from './duck-db.ts'
import { recordFields } from './record-fields.ts'
import { recordsLost } from './records-lost.ts'
import { writeRecords } from './write-records.ts'

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
 * @throws PipelineError CONVERSION_FAILED, SOURCE_MALFORMED, and ROWS_LOST when what came out is not
 * all that was landed
 */
export async function convertPages(
  duckDb: DuckDb,
  input: ConvertPagesInput,
): Promise<ConvertedPages> {
  const { format, folder, signal } = input
  const { columns, extracted } = recordFields(input.columns, format)
  const fields = new Set(input.columns.map(({ from, path }) => path?.[0] ?? from))
  const partPath = join(folder, 'part.parquet')
  const rejectsPath = join(folder, 'rejects.ndjson.zst')

  const look = async (strict: boolean): Promise<ConvertedPages> => {
    const records = await writeRecords({ ...input, fields, extracted, strict })
    const converted = await duckDb.withConnection(signal, (connection) =>
      convertRecords(connection, columns, records, { partPath, rejectsPath, rules: input.rules }),
    )
    return { ...converted, recordCount: records.recordCount, partPath, rejectsPath }
  }

  const converted = await look(false).catch((error: unknown) => {
    // DuckDB refuses a file for one record: which one, a closer look tells.
    if (format === 'csv' || !isUnreadable(error)) throw error
    return look(true)
  })
  const { recordCount, convertedCount, rejectCount } = converted
  if (recordCount === convertedCount + rejectCount) return converted
  throw recordsLost(
    `${recordCount} records were landed, ${convertedCount} converted and ${rejectCount} rejected`,
    input.pages[0]?.key,
  )
}

function isUnreadable(error: unknown): boolean {
  return error instanceof PipelineError && error.code === 'CONVERSION_FAILED' && !error.retryable
}
