import type { DuckDBConnection } from '@duckdb/node-api'
import { readFile } from 'node:fs/promises'
import { memoryFailure } from '../conversion/memory-failure.ts'
import type { RecordsFile } from '../conversion/convert-records.ts'
import { queryTexts } from '../conversion/query-texts.ts'
import { identifier, literal } from '../conversion/sql-text.ts'
import type { FileRun } from '../conversion/write-parquet.ts'
import { readShape } from '../parquet/parquet-relation.ts'
import { findShape } from '../parquet/value-shape.ts'
import type { ColumnDefinition } from '../pipeline-definition.ts'
import { WantedFields } from './wanted-fields.ts'

export interface AbsentColumnsInput {
  /** Those that the pipeline file has. */
  readonly declared: readonly ColumnDefinition[]
  /** What the field of each is called in the records, in the same order. */
  readonly names: readonly string[]
  readonly records: RecordsFile
  /** Of Parquet: the files. */
  readonly runs?: readonly FileRun[] | undefined
  /** What was made of the records. */
  readonly partPath: string
}

/**
 * The declared columns whose fields no record of a batch has, not even with null, by their positions. A
 * header, or the footers of files, tell that; of JSON, records are looked at where a column has no value.
 * A malformed record has no fields.
 *
 * @throws PipelineError CONVERSION_FAILED when memory is short
 */
export async function absentColumns(
  connection: DuckDBConnection,
  input: AbsentColumnsInput,
): Promise<readonly number[]> {
  try {
    const { declared, names, runs, records } = input
    if (runs !== undefined) return await absentFromFiles(connection, declared, runs)
    if (records.header === undefined) return await absentFromRecords(connection, input)
    const header = new Set(records.header)
    return positionsOf(names, (name) => !header.has(name))
  } catch (error) {
    throw memoryFailure(error, 'the batch')
  }
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
      const { from = '', path = [from] } = declared[position] ?? {}
      return findShape(shape, path) === undefined
    })
  }
  return absent
}

async function absentFromRecords(
  connection: DuckDBConnection,
  { declared, names, records, partPath }: AbsentColumnsInput,
): Promise<readonly number[]> {
  const isFull = await haveValues(connection, declared, partPath)
  const wanted = new WantedFields(names.filter((_, position) => isFull[position] !== true))
  for (const path of records.paths ?? []) {
    if (wanted.areFound) break
    wanted.look(await readFile(path))
  }
  return positionsOf(names, (name, position) => isFull[position] !== true && !wanted.isFound(name))
}

/** Whether each column has a value in some row; of such as have a default, whether it has several. */
async function haveValues(
  connection: DuckDBConnection,
  declared: readonly ColumnDefinition[],
  partPath: string,
): Promise<readonly boolean[]> {
  const counts = declared.map(({ name, default: standIn }) => {
    const value = identifier(name)
    return standIn === undefined ? `count(${value}) > 0` : `min(${value}) <> max(${value})`
  })
  const sql = `SELECT ${counts.join(', ')} FROM read_parquet(${literal(partPath)})`
  const [row = []] = await queryTexts(connection, sql)
  return row.map((text) => text === 'true')
}

function positionsOf<Item>(
  items: readonly Item[],
  isWanted: (item: Item, position: number) => boolean,
): number[] {
  return items.flatMap((item, position) => (isWanted(item, position) ? [position] : []))
}
