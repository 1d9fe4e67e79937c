import type { PartChunk, ScalarVector } from '../../../activities/part-chunk.ts'
import type { ColumnDefinition, ScalarType } from '../../../activities/pipeline-definition.ts'

type Scalar = number | bigint | string | boolean | Uint8Array | null
export type Value = Scalar | readonly Scalar[]
export type Row = readonly Value[]

/** Rows as the columns that a part reader would give. */
export function partChunkOf(columns: readonly ColumnDefinition[], rows: readonly Row[]): PartChunk {
  return {
    rowCount: rows.length,
    columns: columns.map(({ type }, index) => {
      const values = rows.map((row) => row[index] ?? null)
      if (type.kind !== 'array') return vectorOf(type, values.map(scalarOf))
      const arrays = values.map((value) => (isArray(value) ? value : []))
      const lengths = Uint32Array.from(arrays, ({ length }) => length)
      let next = 0
      const starts = lengths.map((length) => (next += length) - length)
      const elements = vectorOf(type.element, arrays.flat())
      return { form: 'list', nulls: nullsOf(values), starts, lengths, elements }
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

function isArray(value: Value): value is readonly Scalar[] {
  return Array.isArray(value)
}

function scalarOf(value: Value): Scalar {
  if (isArray(value)) throw new Error('an array in a column of scalars')
  return value
}

function nullsOf(values: readonly Value[]): Uint8Array {
  return Uint8Array.from(values, (value) => (value === null ? 1 : 0))
}

function vectorOf({ kind }: ScalarType, values: readonly Scalar[]): ScalarVector {
  const nulls = nullsOf(values)
  switch (kind) {
    case 'smallint':
    case 'integer':
      return { form: 'int32', nulls, values: Int32Array.from(values, Number) }
    case 'bigint':
      return { form: 'int64', nulls, values: BigInt64Array.from(values, toBigInt) }
    case 'double':
      return { form: 'float64', nulls, values: Float64Array.from(values, Number) }
    case 'boolean':
      return { form: 'boolean', nulls, values: Uint8Array.from(values, Number) }
    case 'date':
      return { form: 'date', nulls, values: Int32Array.from(values, Number) }
    case 'time':
      return { form: 'time', nulls, values: BigInt64Array.from(values, toBigInt) }
    case 'bytea':
      return {
        form: 'bytes',
        nulls,
        values: values.map((value) => (value instanceof Uint8Array ? value : new Uint8Array())),
      }
    case 'timestamp':
    case 'timestamptz':
      return { form: 'timestamp', nulls, values: BigInt64Array.from(values, toBigInt) }
    default:
      return { form: 'text', nulls, values: values.map((value) => String(value ?? '')) }
  }
}

function toBigInt(value: Scalar): bigint {
  return value === null || value instanceof Uint8Array ? 0n : BigInt(value)
}
