import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { ColumnVector, PartChunk, ScalarVector } from '../part-chunk.ts'
import type { ColumnDefinition, ColumnType, ScalarType } from '../pipeline-definition.ts'
import { partColumnsSql } from './convert-records.ts'
import { memoryFailure } from './memory-failure.ts'
import { identifier, literal } from './sql-text.ts'

/**
 * The rows of a Parquet part, in order, as column vectors. A chunk's vectors are copies: they stay
 * valid after the next chunk is read.
 *
 * @throws PipelineError CONVERSION_FAILED when memory is short
 */
export async function* readPart(
  connection: DuckDBConnection,
  path: string,
  columns: readonly ColumnDefinition[],
): AsyncIterable<PartChunk> {
  const chunks = chunksOf(
    connection,
    `SELECT ${columns.map(columnSql).join(', ')} FROM read_parquet(${literal(path)}, hive_partitioning = false)`,
  )
  for await (const chunk of chunks) {
    yield {
      rowCount: chunk.rowCount,
      columns: columns.map(({ type }, index) => readColumn(chunk, index, type)),
    }
  }
}

async function* chunksOf(
  connection: DuckDBConnection,
  sql: string,
): AsyncGenerator<DuckDBDataChunk> {
  try {
    const result = await connection.stream(sql)
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return
      yield chunk
    }
  } catch (error) {
    throw memoryFailure(error, 'a row group of the part')
  }
}

/** A column in the form that goes on to the table; the elements of an array are like values. */
function columnSql(column: ColumnDefinition): string {
  const { name, type } = column
  if (type.kind !== 'array') return partColumnsSql([column])
  const element = partColumnsSql([{ ...column, name: 'element', type: type.element }])
  return `list_transform(${identifier(name)}, lambda element: ${element})`
}

function readColumn(chunk: DuckDBDataChunk, index: number, type: ColumnType): ColumnVector {
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, index)
  return type.kind === 'array'
    ? readLists(vector, chunk.rowCount, type.element)
    : readVector(vector, chunk.rowCount, type)
}

/** A `duckdb_list_entry` is two 64-bit numbers: where the elements begin, and how many they are. */
const listEntryBytes = 16

function readLists(vector: duckdb.Vector, rowCount: number, element: ScalarType): ColumnVector {
  const nulls = readNulls(vector, rowCount)
  const data = duckdb.vector_get_data(vector, rowCount * listEntryBytes)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const starts = new Uint32Array(rowCount)
  const lengths = new Uint32Array(rowCount)
  for (let row = 0; row < rowCount; row += 1) {
    if (nulls[row] === 1) continue
    starts[row] = Number(view.getBigUint64(row * listEntryBytes, true))
    lengths[row] = Number(view.getBigUint64(row * listEntryBytes + 8, true))
  }
  const child = duckdb.list_vector_get_child(vector)
  const elements = readVector(child, duckdb.list_vector_get_size(vector), element)
  return { form: 'list', nulls, starts, lengths, elements }
}

function readVector(vector: duckdb.Vector, rowCount: number, type: ScalarType): ScalarVector {
  const nulls = readNulls(vector, rowCount)
  const bytes = (size: number): ArrayBuffer => {
    const data = duckdb.vector_get_data(vector, rowCount * size)
    const copy = new Uint8Array(data.byteLength)
    copy.set(data)
    return copy.buffer
  }
  switch (type.kind) {
    case 'smallint':
    case 'integer':
      return { form: 'int32', nulls, values: new Int32Array(bytes(4)) }
    case 'bigint':
      return { form: 'int64', nulls, values: new BigInt64Array(bytes(8)) }
    case 'double':
      return { form: 'float64', nulls, values: new Float64Array(bytes(8)) }
    case 'boolean':
      return { form: 'boolean', nulls, values: new Uint8Array(bytes(1)) }
    case 'date':
      return { form: 'date', nulls, values: new Int32Array(bytes(4)) }
    case 'timestamp':
    case 'timestamptz':
      return { form: 'timestamp', nulls, values: new BigInt64Array(bytes(8)) }
    case 'time':
      return { form: 'time', nulls, values: new BigInt64Array(bytes(8)) }
    case 'bytea':
      return { form: 'bytes', nulls, values: readStrings(vector, nulls, copyOf, none) }
    case 'text':
    case 'json':
    case 'jsonb':
    case 'numeric':
    case 'uuid':
      return { form: 'text', nulls, values: readStrings(vector, nulls, textOf, '') }
  }
}

function readNulls(vector: duckdb.Vector, rowCount: number): Uint8Array {
  const nulls = new Uint8Array(rowCount)
  // One bit a row in 64-bit words, set where the value is there; empty when all are.
  const validity = duckdb.vector_get_validity(vector, Math.ceil(rowCount / 64) * 8)
  if (validity === null || validity.byteLength === 0) return nulls
  for (let row = 0; row < rowCount; row += 1) {
    nulls[row] = (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) ^ 1
  }
  return nulls
}

/** A `duckdb_string_t` is 16 bytes: a length, then up to 12 bytes of text or a prefix and a pointer. */
const stringBytes = 16
const inlineBytes = 12

const none = new Uint8Array()

function textOf(buffer: Buffer, start: number, end: number): string {
  return buffer.toString('utf8', start, end)
}

function copyOf(buffer: Buffer, start: number, end: number): Uint8Array {
  return Uint8Array.prototype.slice.call(buffer, start, end)
}

/** Each string or blob as `take` makes it of its bytes; `absent` stands for NULL. */
function readStrings<Value>(
  vector: duckdb.Vector,
  nulls: Uint8Array,
  take: (buffer: Buffer, start: number, end: number) => Value,
  absent: Value,
): Value[] {
  const rowCount = nulls.length
  const data = duckdb.vector_get_data(vector, rowCount * stringBytes)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const values: Value[] = []
  for (let row = 0; row < rowCount; row += 1) {
    const offset = row * stringBytes
    if (nulls[row] === 1) {
      values.push(absent)
      continue
    }
    const length = view.getUint32(offset, true)
    if (length <= inlineBytes) {
      values.push(take(buffer, offset + 4, offset + 4 + length))
    } else {
      const long = duckdb.get_data_from_pointer(
        data.buffer as ArrayBuffer,
        data.byteOffset + offset + 8,
        length,
      )
      values.push(take(Buffer.from(long.buffer, long.byteOffset, long.byteLength), 0, length))
    }
  }
  return values
}
