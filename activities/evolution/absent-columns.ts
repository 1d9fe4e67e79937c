import type { DuckDBConnection } from '@duckdb/node-api'
import { memoryFailure } from '../conversion/memory-failure.ts'
import type { RecordsFile } from '../conversion/convert-records.ts'
import { queryTexts } from '../conversion/query-texts.ts'
import { identifier, literal } from '../conversion/sql-text.ts'
import type { FileRun } from '../conversion/write-parquet.ts'
import { recordsPlace } from '../json/split-records.ts'
import type { LandedPage } from '../landing/landed-batch.ts'
import { readShape } from '../parquet/parquet-relation.ts'
import { findShape } from '../parquet/value-shape.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import { WantedFields } from './wanted-fields.ts'

export interface AbsentColumnsInput {
  readonly pages: readonly LandedPage[]
  readonly read: (page: LandedPage) => Promise<Buffer>
  /** Those that the pipeline file has. */
  readonly declared: readonly ColumnDefinition[]
  readonly records: RecordsFile
  /** Of Parquet: the files. */
  readonly runs?: readonly FileRun[] | undefined
  /** What was made of the records. */
  readonly partPath: string
}

/**
 * The declared columns whose fields no record of a batch has, not even with null, by their positions. A
 * header, or the footers of files, tell that; of JSON, records are looked at where a column has no value.
 *
 * @throws PipelineError CONVERSION_FAILED when memory is short
 */
export async function absentColumns(
  connection: DuckDBConnection,
  input: AbsentColumnsInput,
): Promise<readonly number[]> {
  try {
    const { runs, records } = input
    if (runs !== undefined) return await absentFromFiles(connection, input.declared, runs)
    if (records.header !== undefined) return absentFromHeader(input.declared, records.header)
    return await absentFromRecords(connection, input)
  } catch (error) {
    throw memoryFailure(error, 'the batch')
  }
}

function absentFromHeader(
  declared: readonly ColumnDefinition[],
  header: readonly string[],
): readonly number[] {
  const names = new Set(header)
  return positionsOf(declared, ({ from }) => !names.has(from))
}

async function absentFromFiles(
  connection: DuckDBConnection,
  declared: readonly ColumnDefinition[],
  runs: readonly FileRun[],
): Promise<readonly number[]> {
  let absent = positionsOf(declared, () => true)
  for (const run of runs) {
    const shape = await readShape(connection, run)
    absent = absent.filter((position) => {
      const column = declared[position]
      return column !== undefined && findShape(shape, pathOf(column)) === undefined
    })
  }
  return absent
}

async function absentFromRecords(
  connection: DuckDBConnection,
  { pages, read, declared, partPath }: AbsentColumnsInput,
): Promise<readonly number[]> {
  const doubtful = await withoutValues(connection, declared, partPath)
  const wanted = new WantedFields(doubtful.map((column) => pathOf(column)))
  for (const page of pages) {
    if (wanted.areFound) return []
    wanted.look(await read(page), recordsPlace(page.recordsStart))
  }
  return positionsOf(declared, (column) => {
    return doubtful.includes(column) && !wanted.isFound(pathOf(column))
  })
}

/** The columns that are NULL in each row; of such as have a default, those that have one value in all. */
async function withoutValues(
  connection: DuckDBConnection,
  declared: readonly ColumnDefinition[],
  partPath: string,
): Promise<readonly ColumnDefinition[]> {
  const counts = declared.map(({ name, default: standIn }) => {
    const value = identifier(name)
    return standIn === undefined ? `count(${value}) > 0` : `min(${value}) <> max(${value})`
  })
  const sql = `SELECT ${counts.join(', ')} FROM read_parquet(${literal(partPath)})`
  const [row = []] = await queryTexts(connection, sql)
  return declared.filter((_, index) => row[index] !== 'true')
}

function pathOf({ from, path }: ColumnDefinition): readonly string[] {
  return path ?? [from]
}

function positionsOf(
  columns: readonly ColumnDefinition[],
  isWanted: (column: ColumnDefinition) => boolean,
): number[] {
  return columns.flatMap((column, position) => (isWanted(column) ? [position] : []))
}
