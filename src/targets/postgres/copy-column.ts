import type { ColumnVector, PartChunk, ScalarVector } from '../../../activities/part-chunk.ts'
import type { ColumnDefinition, ScalarType } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { ArrayColumn } from './copy-array-column.ts'
import { columnTypeSql } from './column-type-sql.ts'
import { DateColumn, TimeColumn, TimestampColumn } from './copy-time-column.ts'
import {
  BooleanColumn,
  DoubleColumn,
  Int32Column,
  Int64Column,
  SmallintColumn,
} from './copy-number-column.ts'
import { BytesColumn, NumericColumn, TextColumn, UuidColumn } from './copy-text-column.ts'
import type { CopyWriter } from './copy-writer.ts'
import type { ColumnPlace } from './unwritable-value.ts'

/** The values of one column, ready to be written one at a time. */
export interface CopyColumn {
  /** Writes the field of a row: its length and its bytes, or NULL. */
  write(writer: CopyWriter, row: number): void
}

/** What stands before the text of a jsonb. */
const JSONB_VERSION = 1

/**
 * The chunk's columns as writers for the declared types. `firstRow` is the part's row that the
 * chunk begins with, for errors.
 *
 * @throws PipelineError TARGET_MISMATCH when the chunk is not of the declared columns.
 */
export function copyColumns(
  definitions: readonly ColumnDefinition[],
  chunk: PartChunk,
  firstRow: number,
): CopyColumn[] {
  if (definitions.length !== chunk.columns.length) {
    throw notAsDeclared(`${chunk.columns.length} columns instead of ${definitions.length}`)
  }
  return definitions.map((definition, index) => {
    const vector = chunk.columns[index]
    if (vector === undefined) throw notAsDeclared('a hole')
    const count = valueCount(vector)
    if (count < chunk.rowCount || vector.nulls.length < chunk.rowCount) {
      throw notAsDeclared(`fewer than ${chunk.rowCount} values for ${definition.name}`)
    }
    const column = writerFor(definition, vector, firstRow)
    if (column !== undefined) return column
    const type = columnTypeSql(definition.type)
    throw notAsDeclared(`${formOf(vector)} values for ${definition.name} ${type}`)
  })
}

function formOf(vector: ColumnVector): string {
  return vector.form === 'list' ? `list of ${vector.elements.form}` : vector.form
}

function valueCount(vector: ColumnVector): number {
  if (vector.form !== 'list') return vector.values.length
  const { starts, lengths, elements } = vector
  const elementCount = Math.min(elements.values.length, elements.nulls.length)
  const isWhole = lengths.every((length, row) => (starts[row] ?? 0) + length <= elementCount)
  return isWhole ? Math.min(starts.length, lengths.length) : 0
}

function writerFor(
  { name, type }: ColumnDefinition,
  vector: ColumnVector,
  firstRow: number,
): CopyColumn | undefined {
  const place = { column: name, firstRow }
  if (type.kind !== 'array') {
    return vector.form === 'list' ? undefined : scalarWriter(type, vector, place)
  }
  if (vector.form !== 'list') return undefined
  const { starts, lengths } = vector
  const rowOf = (element: number): number =>
    starts.findIndex((start, row) => element >= start && element < start + (lengths[row] ?? 0))
  const elements = scalarWriter(type.element, vector.elements, { ...place, rowOf })
  return elements && new ArrayColumn(vector, type.element, elements)
}

function scalarWriter(
  type: ScalarType,
  vector: ScalarVector,
  place: ColumnPlace,
): CopyColumn | undefined {
  switch (type.kind) {
    case 'smallint':
      return vector.form === 'int32' ? new SmallintColumn(vector, place) : undefined
    case 'integer':
      return vector.form === 'int32' ? new Int32Column(vector) : undefined
    case 'bigint':
      return vector.form === 'int64' ? new Int64Column(vector) : undefined
    case 'double':
      return vector.form === 'float64' ? new DoubleColumn(vector) : undefined
    case 'boolean':
      return vector.form === 'boolean' ? new BooleanColumn(vector) : undefined
    case 'date':
      return vector.form === 'date' ? new DateColumn(vector, place) : undefined
    case 'timestamp':
    case 'timestamptz':
      return vector.form === 'timestamp' ? new TimestampColumn(vector, place) : undefined
    case 'time':
      return vector.form === 'time' ? new TimeColumn(vector) : undefined
    case 'bytea':
      return vector.form === 'bytes' ? new BytesColumn(vector) : undefined
    case 'jsonb':
      return vector.form === 'text' ? new TextColumn(vector, place, JSONB_VERSION) : undefined
    case 'json':
    case 'text':
      return vector.form === 'text' ? new TextColumn(vector, place) : undefined
    case 'numeric':
      return vector.form === 'text' ? new NumericColumn(vector, place) : undefined
    case 'uuid':
      return vector.form === 'text' ? new UuidColumn(vector, place) : undefined
  }
}

function notAsDeclared(what: string): PipelineError {
  return new PipelineError('TARGET_MISMATCH', `A part holds ${what}`, {
    remedy: 'The part was made for other columns: convert it again from the landing.',
  })
}
