import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { ColumnDefinition, DuckDb } from '../../../activities/index.ts'
import { readPart } from '../../../activities/conversion/read-part.ts'
import {
  columnSpan,
  chunkField,
  fileField,
  footerBytes,
  groupField,
  readParquetFooter,
  type ParquetFooter,
} from '../../../activities/parquet/parquet-footer.ts'
import type { ThriftStruct } from '../../../activities/parquet/thrift.ts'
import { withWorkingFolder } from '../../../activities/working-folder.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { rowTexts, type RowTexts } from './value-text.ts'

export interface FirstRowsRequest {
  readonly key: ObjectKey
  readonly columns: readonly ColumnDefinition[]
  /** How many at most. */
  readonly rows: number
  readonly signal: AbortSignal
}

/**
 * The first rows of a part as PostgreSQL shows such values. Of the part only its footer and the row groups
 * that the rows are in are read.
 *
 * @throws PipelineError OBJECT_DAMAGED where it is not there, or no whole Parquet file
 */
export async function readFirstRows(
  { store, duckDb }: { readonly store: ObjectStore; readonly duckDb: DuckDb },
  { key, columns, rows, signal }: FirstRowsRequest,
): Promise<RowTexts[]> {
  const head = await store.head(key, { signal })
  if (head === undefined) throw damaged(store, key, 'a part is not in the store')
  const read = (start: number, end: number): Promise<Buffer> =>
    readRange(store, key, { start, end, etag: head.etag, signal })
  const footer = await readParquetFooter(head.sizeBytes, read).catch((cause: unknown) => {
    if (!(cause instanceof PipelineError)) throw cause
    throw damaged(store, key, 'a part is no whole Parquet file', cause)
  })
  const groups = firstGroups(footer, rows)
  if (groups.length === 0) return []
  return withWorkingFolder(async (folder) => {
    const path = join(folder, 'part.parquet')
    // What lies behind these row groups is not missed: the end of this file does not speak of it.
    const data = await read(0, Math.max(...groups.map(endOf)))
    const metadata = footer.metadata.clone().setStructs(fileField.rowGroups, [...groups])
    metadata.setInteger(
      fileField.rows,
      groups.reduce((sum, group) => sum + rowsOf(group), 0),
      'int64',
    )
    await writeFile(path, [data, footerBytes(metadata)])
    return duckDb.withConnection(signal, async (connection) => {
      const texts: RowTexts[] = []
      for await (const chunk of readPart(connection, path, columns)) {
        texts.push(...rowTexts(columns, chunk, rows - texts.length))
        if (texts.length >= rows) break
      }
      return texts
    })
  })
}

function firstGroups({ metadata }: ParquetFooter, wanted: number): readonly ThriftStruct[] {
  const filled = metadata.structs(fileField.rowGroups).filter((group) => rowsOf(group) > 0)
  let rows = 0
  return filled.filter((group) => {
    const isNeeded = rows < wanted
    rows += rowsOf(group)
    return isNeeded
  })
}

function rowsOf(group: ThriftStruct): number {
  return group.integer(groupField.rows) ?? 0
}

function endOf(group: ThriftStruct): number {
  const ends = group.structs(groupField.columns).flatMap((chunk) => {
    const column = chunk.struct(chunkField.metadata)
    return column === undefined ? [] : [columnSpan(column).end]
  })
  return Math.max(...ends)
}

interface Range {
  readonly start: number
  readonly end: number
  readonly etag: string | undefined
  readonly signal: AbortSignal
}

async function readRange(
  store: ObjectStore,
  key: ObjectKey,
  { start, end, etag, signal }: Range,
): Promise<Buffer> {
  const wanted = end - start
  const pieces: Uint8Array[] = []
  let bytes = 0
  const options = { startBytes: start, signal, ...(etag === undefined ? {} : { etag }) }
  const stream: AsyncIterable<Uint8Array> = await store.getStream(key, options)
  // Leaving the loop lets go of the rest of the body.
  for await (const piece of stream) {
    pieces.push(piece)
    bytes += piece.byteLength
    if (bytes >= wanted) break
  }
  return Buffer.concat(pieces).subarray(0, wanted)
}

function damaged(
  store: ObjectStore,
  key: ObjectKey,
  message: string,
  cause?: unknown,
): PipelineError {
  return new PipelineError('OBJECT_DAMAGED', message, {
    at: { bucket: store.bucket, key },
    remedy: '`claimcheck datasets verify` says what is left; reprocess the partition.',
    cause,
  })
}
