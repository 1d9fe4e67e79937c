import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { ColumnVector, PartChunk } from '../part-chunk.ts'
import type { ColumnDefinition, ColumnType } from '../pipeline-definition.ts'
import { partColumnsSql } from './convert-records.ts'
import { literal } from './sql-text.ts'

/**
 * The rows of a Parquet part, in order, as column vectors. A chunk's vectors are copies: they stay
 * valid after the next chunk is read.
 */
export async function* readPart(
  connection: DuckDBConnection,
  path: string,
  columns: readonly ColumnDefinition[],
): AsyncIterable<PartChunk> {
  const result = await connection.stream(
    `SELECT ${partColumnsSql(columns)} FROM read_parquet(${literal(path)})`,
  )
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return
    yield {
      rowCount: chunk.rowCount,
      columns: columns.map(({ type }, index) => readVector(chunk, index, type)),
    }
  }
}

function readVector(chunk: DuckDBDataChunk, index: number, type: ColumnType): ColumnVector {
  const { rowCount } = chunk
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, index)
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
    case 'text':
    case 'numeric':
    case 'uuid':
      return { form: 'text', nulls, values: readTexts(vector, rowCount, nulls) }
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

function readTexts(vector: duckdb.Vector, rowCount: number, nulls: Uint8Array): string[] {
  const data = duckdb.vector_get_data(vector, rowCount * stringBytes)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const texts: string[] = []
  for (let row = 0; row < rowCount; row += 1) {
    const offset = row * stringBytes
    if (nulls[row] === 1) {
      texts.push('')
      continue
    }
    const length = view.getUint32(offset, true)
    if (length <= inlineBytes) {
      texts.push(buffer.toString('utf8', offset + 4, offset + 4 + length))
    } else {
      const long = duckdb.get_data_from_pointer(
        data.buffer as ArrayBuffer,
        data.byteOffset + offset + 8,
        length,
      )
      texts.push(Buffer.from(long.buffer, long.byteOffset, long.byteLength).toString('utf8'))
    }
  }
  return texts
}
