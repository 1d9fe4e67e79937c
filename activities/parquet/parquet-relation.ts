import type { DuckDBConnection } from '@duckdb/node-api'
import { identifier, literal } from '../conversion/sql-text.ts'
import { PipelineError } from '../pipeline-error.ts'
import { jsonSql } from './parquet-json-sql.ts'
import { hexSql, leafTextSql, noText, type TextUse } from './parquet-text-sql.ts'
import type { NeutralSchema } from './parquet-schema.ts'
import {
  findShape,
  hasLeaf,
  recordShape,
  type StructShape,
  type ValueShape,
} from './value-shape.ts'

/** Files of one schema, with the neutral one in their footers. */
export interface ParquetFiles {
  readonly paths: readonly string[]
  readonly schema: NeutralSchema
  readonly bytesOnly: boolean
}

export interface WantedText {
  readonly path: readonly string[]
  readonly use: TextUse
}

/** The text of a field in one kind of files, as SQL over their neutral columns. */
export interface FieldText {
  readonly text: string
  /** When a value has no text: its bytes are no UTF-8. */
  readonly isLost?: string
  /** The bytes in hexadecimal, where a value is nothing but bytes. */
  readonly raw?: string
}

/** The files as a relation, rows in order. */
export function filesSql(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}], hive_partitioning = false, union_by_name = false, binary_as_string = false)`
}

export async function readShape(
  connection: DuckDBConnection,
  { paths, schema }: Pick<ParquetFiles, 'paths' | 'schema'>,
): Promise<StructShape> {
  const result = await connection.runAndReadAll(
    `SELECT * FROM ${filesSql(paths.slice(0, 1))} LIMIT 0`,
  )
  return recordShape(result.columnNames(), result.columnTypes(), schema)
}

/** @throws PipelineError CONVERSION_FAILED where a field cannot be told from another, or read exactly */
export function fieldText(
  record: StructShape,
  { path, use }: WantedText,
  bytesOnly: boolean,
): FieldText {
  const found = findShape(record, path)
  if (found === undefined) return { text: 'NULL::VARCHAR' }
  const { columns, shape, isAmbiguous } = found
  const name = path.join('.')
  if (isAmbiguous) throw unreadable(`two columns of the Parquet file are called ${name}`)
  if (hasLeaf(shape, 'wide-decimal')) {
    throw unreadable(`the column ${name} has decimals of more than 38 digits`)
  }
  const value = columns.map(identifier).join('.')
  const text = textSql(value, shape, use)
  const isBytes = shape.kind === 'leaf' && shape.form.kind === 'bytes' && use !== 'bytes'
  if (!isBytes && !(bytesOnly && hasLeaf(shape, 'unchecked-text'))) return { text }
  // `TRY` does not reach into lists.
  const isLost = shape.kind === 'leaf' ? `TRY(${text}) IS NULL` : `contains(${text}, ${noText})`
  const lost = `(${value} IS NOT NULL AND ${isLost})`
  if (shape.kind === 'leaf') return { text: `TRY(${text})`, isLost: lost, raw: hexSql(value) }
  return { text: `CASE WHEN NOT ${isLost} THEN ${text} END`, isLost: lost }
}

function textSql(value: string, shape: ValueShape, use: TextUse): string {
  if (shape.kind !== 'leaf') return jsonSql(value, shape)
  const { kind } = shape.form
  const isDocument = kind === 'text' || kind === 'unchecked-text' || kind === 'bytes'
  if (use === 'json' && !isDocument) return jsonSql(value, shape)
  return leafTextSql(value, shape.form, shape.type, use)
}

function unreadable(message: string): PipelineError {
  return new PipelineError('CONVERSION_FAILED', message, {
    remedy:
      'Have the source write it in another way, or leave the column out of the pipeline file.',
  })
}
