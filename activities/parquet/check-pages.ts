import { crc32 } from 'node:zlib'
import {
  chunkField,
  columnSpan,
  fileField,
  groupField,
  malformed,
  type ParquetFooter,
  type ReadBytes,
} from './parquet-footer.ts'
import { readThriftStart } from './read-thrift.ts'
import { MalformedThriftError, type ThriftStruct } from './thrift.ts'

/** In `PageHeader`. */
const headerField = { compressedBytes: 3, checksum: 4 } as const
/** As much as most headers have; statistics make some longer. */
const headBytes = 4096
const stepBytes = 1024 * 1024

/**
 * Holds the pages of a Parquet file against their checksums, where it has any: DuckDB does not look at them,
 * and reads other values from a page that is damaged.
 *
 * @throws PipelineError SOURCE_MALFORMED
 */
export async function checkPages(
  { metadata }: Pick<ParquetFooter, 'metadata'>,
  read: ReadBytes,
): Promise<void> {
  for (const group of metadata.structs(fileField.rowGroups)) {
    if (group.integer(groupField.rows) === 0) continue
    for (const chunk of group.structs(groupField.columns)) {
      const column = chunk.struct(chunkField.metadata)
      if (column !== undefined) await checkChunk(columnSpan(column), read)
    }
  }
}

/** Of a column in a row group: writers give a checksum to each of its pages, or to none. */
async function checkChunk(
  { start, end }: { readonly start: number; readonly end: number },
  read: ReadBytes,
): Promise<void> {
  let at = start
  while (at < end) {
    const { struct: header, length } = await headerAt(at, end, read)
    const checksum = header.integer(headerField.checksum)
    if (checksum === undefined) return
    const dataStart = at + length
    at = dataStart + (header.integer(headerField.compressedBytes) ?? -1)
    if (at < dataStart || at > end || (await checksumOf(dataStart, at, read)) !== checksum >>> 0) {
      throw malformed('the Parquet file is damaged: a page of it is not what its checksum says')
    }
  }
}

async function headerAt(
  at: number,
  end: number,
  read: ReadBytes,
): Promise<{ readonly struct: ThriftStruct; readonly length: number }> {
  for (let size = headBytes; ; size *= 8) {
    const bytes = await read(at, Math.min(at + size, end))
    try {
      return readThriftStart(bytes)
    } catch (error) {
      if (!(error instanceof MalformedThriftError)) throw error
      if (at + size >= end) {
        throw malformed('the Parquet file is damaged: a page of it has no beginning')
      }
    }
  }
}

async function checksumOf(start: number, end: number, read: ReadBytes): Promise<number> {
  let checksum = 0
  for (let at = start; at < end; at += stepBytes) {
    checksum = crc32(await read(at, Math.min(at + stepBytes, end)), checksum)
  }
  return checksum
}
