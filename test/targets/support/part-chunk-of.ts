import type { ColumnVector, PartChunk } from '../../../activities/part-chunk.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'

export type Value = number | bigint | string | boolean | Uint8Array | null
export type Row = readonly Value[]

/** Rows as the columns that a part reader would give. */
export function partChunkOf(columns: readonly ColumnDefinition[], rows: readonly Row[]): PartChunk {
  return {
    rowCount: rows.length,
    columns: columns.map(({ type }, index) => {
      const values = rows.map((row) => row[index] ?? null)
      const nulls = Uint8Array.from(values, (value) => (value === null ? 1 : 0))
      return { nulls, ...vectorOf(type.kind, values) }
    }),
  }
}

/** The same as a part of one chunk. */
export async function* partOf(
  columns: readonly ColumnDefinition[],
  rows: readonly Row[],
): AsyncGenerator<PartChunk> {
  yield partChunkOf(columns, rows)
}

type Vector<Form extends ColumnVector['form'] = ColumnVector['form']> = Form extends unknown
  ? Omit<Extract<ColumnVector, { form: Form }>, 'nulls'>
  : never

function vectorOf(kind: ColumnDefinition['type']['kind'], values: readonly Value[]): Vector {
  switch (kind) {
    case 'smallint':
    case 'integer':
      return { form: 'int32', values: Int32Array.from(values, Number) }
    case 'bigint':
      return { form: 'int64', values: BigInt64Array.from(values, toBigInt) }
    case 'double':
      return { form: 'float64', values: Float64Array.from(values, Number) }
    case 'boolean':
      return { form: 'boolean', values: Uint8Array.from(values, Number) }
    case 'date':
      return { form: 'date', values: Int32Array.from(values, Number) }
    case 'time':
      return { form: 'time', values: BigInt64Array.from(values, toBigInt) }
    case 'bytea':
      return {
        form: 'bytes',
        values: values.map((value) => (value instanceof Uint8Array ? value : new Uint8Array())),
      }
    case 'timestamp':
    case 'timestamptz':
      return { form: 'timestamp', values: BigInt64Array.from(values, toBigInt) }
    default:
      return { form: 'text', values: values.map((value) => (value === null ? '' : String(value))) }
  }
}

function toBigInt(value: Value): bigint {
  return value === null || value instanceof Uint8Array ? 0n : BigInt(value)
}
