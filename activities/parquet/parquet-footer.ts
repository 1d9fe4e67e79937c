import { PipelineError } from '../pipeline-error.ts'
import { readThrift } from './read-thrift.ts'
import { MalformedThriftError, type ThriftStruct } from './thrift.ts'
import { writeThrift } from './write-thrift.ts'

/** Numbers of the fields in Parquet's `FileMetaData`. */
export const fileField = { schema: 2, rows: 3, rowGroups: 4, createdBy: 6, encryption: 8 } as const
/** In `RowGroup`. */
export const groupField = {
  columns: 1,
  bytes: 2,
  rows: 3,
  fileOffset: 5,
  compressedBytes: 6,
} as const
/** In `ColumnChunk`. */
export const chunkField = { filePath: 1, fileOffset: 2, metadata: 3, crypto: 8 } as const
/** In `ColumnMetaData`. */
export const columnField = {
  type: 1,
  path: 3,
  compressedBytes: 7,
  dataOffset: 9,
  dictionaryOffset: 11,
  statistics: 12,
} as const

export interface ParquetFooter {
  /** `FileMetaData`. */
  readonly metadata: ThriftStruct
  /** Where the footer begins: behind all data. */
  readonly start: number
  readonly rows: number
}

/** A file's bytes between two positions. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer>

export const parquetMagic = Buffer.from('PAR1')
const encryptedMagic = Buffer.from('PARE')
const lengthBytes = 4
const leastFileBytes = parquetMagic.length * 2 + lengthBytes
/** Far more than any footer has; it is held in memory. */
const maxFooterBytes = 256 * 1024 * 1024

/**
 * Reads what a Parquet file says of itself, and checks that the file has the data it speaks of.
 *
 * @throws PipelineError SOURCE_MALFORMED when it is no whole Parquet file, or encrypted
 */
export async function readParquetFooter(
  sizeBytes: number,
  read: ReadBytes,
): Promise<ParquetFooter> {
  if (sizeBytes === 0) throw malformed('the file is empty, not Parquet')
  const head = await read(0, Math.min(parquetMagic.length, sizeBytes))
  if (head.equals(encryptedMagic)) throw encrypted()
  if (!head.equals(parquetMagic)) throw malformed('the file is not Parquet')
  const footerEnd = sizeBytes - parquetMagic.length - lengthBytes
  const tail = sizeBytes < leastFileBytes ? head : await read(footerEnd, sizeBytes)
  if (tail.subarray(-parquetMagic.length).equals(encryptedMagic)) throw encrypted()
  if (sizeBytes < leastFileBytes || !tail.subarray(lengthBytes).equals(parquetMagic)) {
    throw malformed('the Parquet file was cut off: its end is missing')
  }
  const sizeOfFooter = tail.readUInt32LE(0)
  const start = footerEnd - sizeOfFooter
  if (start < parquetMagic.length || sizeOfFooter > maxFooterBytes) throw damaged()
  const metadata = parse(await read(start, footerEnd))
  const rows = checkedRows(metadata, start)
  return { metadata, start, rows }
}

/** The end of a file with this metadata. */
export function footerBytes(metadata: ThriftStruct): Buffer {
  const body = writeThrift(metadata)
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(body.length)
  return Buffer.concat([body, length, parquetMagic])
}

/** Positions that a column's data lies between. */
export function columnSpan(column: ThriftStruct): { readonly start: number; readonly end: number } {
  const data = column.integer(columnField.dataOffset) ?? -1
  const dictionary = column.integer(columnField.dictionaryOffset) ?? 0
  // Some writers give 0 where there is no dictionary.
  const start = dictionary > 0 && dictionary < data ? dictionary : data
  return { start, end: start + (column.integer(columnField.compressedBytes) ?? -1) }
}

function parse(bytes: Buffer): ThriftStruct {
  try {
    return readThrift(bytes)
  } catch (error) {
    if (error instanceof MalformedThriftError) throw damaged()
    throw error
  }
}

function checkedRows(metadata: ThriftStruct, dataEnd: number): number {
  if (metadata.struct(fileField.encryption) !== undefined) throw encrypted()
  let rows = 0
  for (const group of metadata.structs(fileField.rowGroups)) {
    rows += group.integer(groupField.rows) ?? NaN
    for (const chunk of group.structs(groupField.columns)) {
      if (chunk.struct(chunkField.crypto) !== undefined) throw encrypted()
      if (chunk.text(chunkField.filePath) !== undefined) {
        throw malformed('the Parquet file keeps its data in another file')
      }
      const column = chunk.struct(chunkField.metadata)
      if (column === undefined) throw damaged()
      const { start, end } = columnSpan(column)
      // An empty group's offsets mean nothing.
      if (group.integer(groupField.rows) === 0) continue
      if (start < parquetMagic.length || end < start || end > dataEnd) throw damaged()
    }
  }
  if (metadata.structs(fileField.schema).length === 0) throw damaged()
  const said = metadata.integer(fileField.rows)
  // Some old writers say 0 whatever the groups have.
  if (!Number.isSafeInteger(rows) || (said !== rows && said !== 0)) throw damaged()
  return rows
}

function damaged(): PipelineError {
  return malformed('the Parquet file is damaged: its footer does not fit its data')
}

function encrypted(): PipelineError {
  return new PipelineError('SOURCE_MALFORMED', 'the Parquet file is encrypted', {
    remedy: 'Have the source write the file without Parquet encryption.',
  })
}

export function malformed(message: string): PipelineError {
  return new PipelineError('SOURCE_MALFORMED', message, {
    remedy:
      'Look at what the source serves; when it serves a whole Parquet file, start the run again.',
  })
}
