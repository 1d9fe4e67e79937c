import type { DuckDBConnection } from '@duckdb/node-api'
import { fieldsWithValues, memberNames } from '../conversion/record-members.ts'
import { memoryFailure } from '../conversion/memory-failure.ts'
import type { RecordsFile } from '../conversion/convert-records.ts'
import type { FileRun } from '../conversion/write-parquet.ts'
import { recordsPlace } from '../json/split-records.ts'
import type { LandedPage } from '../landing/landed-batch.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import type { SourceFormat } from '../source-definition.ts'
import type { NotedField } from './noted-fields.ts'
import { seeCsvFields } from './see-csv-fields.ts'
import { seeJsonFields } from './see-json-fields.ts'
import { parquetFieldsWithValues, seeParquetFields } from './see-parquet-fields.ts'
import { SeenFields } from './seen-fields.ts'

export interface NoteFieldsInput {
  readonly format: SourceFormat
  readonly pages: readonly LandedPage[]
  readonly read: (page: LandedPage) => Promise<Buffer>
  /** Names of the declared top-level fields, as they are at the source. */
  readonly declared: ReadonlySet<string>
  /** Names of what was put into the records for DuckDB, which the source has not. */
  readonly added: ReadonlySet<string>
  /** Columns of fields that are not declared. */
  readonly evolved: readonly ColumnDefinition[]
  /** As the batch's pages hold them. */
  readonly records: RecordsFile & { readonly recordCount: number }
  /** Of Parquet: the files. */
  readonly runs?: readonly FileRun[] | undefined
  /** Whether an evolved column is known not to take all of its values. */
  readonly hasMisfits: boolean
}

/**
 * What a batch has brought: fields that have no column, and those whose column does not take all of
 * their values, each with the type that its values need. A field that is null wherever it stands is
 * none yet. Where there is nothing new it costs a look at the names.
 *
 * @throws PipelineError CONVERSION_FAILED when memory is short
 */
export async function noteFields(
  connection: DuckDBConnection,
  input: NoteFieldsInput,
): Promise<readonly NotedField[]> {
  try {
    return await fieldsNoted(connection, input)
  } catch (error) {
    throw memoryFailure(error, 'the batch')
  }
}

async function fieldsNoted(
  connection: DuckDBConnection,
  input: NoteFieldsInput,
): Promise<readonly NotedField[]> {
  const { declared, added, records, runs } = input
  if (records.recordCount === (records.malformed?.count ?? 0)) return []
  const known = new Map(input.evolved.map(({ from, type }) => [from, type]))
  const found =
    runs?.flatMap(({ schema }) => schema.topNames) ??
    records.header ??
    (await memberNames(connection, records))
  const others = new Set(
    found.filter((name) => !declared.has(name) && !added.has(name) && !known.has(name)),
  )
  const news =
    runs === undefined
      ? await fieldsWithValues(connection, records, others)
      : await parquetFieldsWithValues(connection, runs, others)
  const wanted = [...news, ...(input.hasMisfits ? known.keys() : [])]
  if (wanted.length === 0) return []
  const fields = new SeenFields(wanted.toSorted(), known)
  if (runs === undefined) await seePages(input, fields)
  else await seeParquetFields(connection, runs, fields)
  return fields.noted()
}

async function seePages(
  { format, pages, read }: NoteFieldsInput,
  fields: SeenFields,
): Promise<void> {
  for (const page of pages) {
    const body = await read(page)
    if (format === 'csv') seeCsvFields(body, fields)
    else seeJsonFields(body, recordsPlace(page.recordsStart), fields)
  }
}
