import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  columnSpan,
  chunkField,
  fileField,
  footerBytes,
  groupField,
  readParquetFooter,
} from '../../../activities/parquet/parquet-footer.ts'
import { copyRowGroups } from '../../../activities/parquet/copy-row-groups.ts'
import type { ThriftStruct } from '../../../activities/parquet/thrift.ts'
import { identifier, literal } from '../../../activities/conversion/sql-text.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import { blobNotFound } from './blobs-error.ts'
import type { BlobsPlace } from './blobs-place.ts'

/** The first rows of a Parquet file. */
export interface ParquetHead {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Each value as text, exactly; null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** Of the whole file. */
  readonly rowCount: number
}

/** Footers are mostly shorter: one request then brings all of it. */
const tailBytes = 64 * 1024

/**
 * The first rows of a Parquet file in the store, without reading more of it than its footer and the row
 * groups that they are in.
 *
 * @throws BlobsError BLOB_NOT_FOUND
 * @throws PipelineError SOURCE_MALFORMED where it is no whole Parquet file
 */
export async function headParquet(
  place: BlobsPlace,
  key: ObjectKey,
  maxRows: number,
): Promise<ParquetHead> {
  const { store, signal } = place
  const head = await store.head(key, { signal })
  if (head === undefined) throw blobNotFound({ bucket: store.bucket, key })
  const read = rangeReader(store, key, head.etag, signal)
  const tailStart = Math.max(head.sizeBytes - tailBytes, 0)
  const tail = await read(tailStart, head.sizeBytes)
  const footer = await readParquetFooter(head.sizeBytes, async (start, end) =>
    start >= tailStart ? tail.subarray(start - tailStart, end - tailStart) : read(start, end),
  )
  const groups = firstGroups(footer.metadata.structs(fileField.rowGroups), maxRows)
  const folder = await mkdtemp(join(tmpdir(), 'claimcheck-head-'))
  try {
    const path = join(folder, 'head.parquet')
    const holed = await open(join(folder, 'holed'), 'w+')
    try {
      // Each group where it is in the object, so that the footer's positions hold; all else is a hole.
      for (const { start, end } of groups.flatMap(spansOf)) {
        await holed.write(await read(start, end), 0, end - start, start)
      }
      const options = { endOf: footerBytes, signal }
      await copyRowGroups(holed, footer.metadata, groups, path, options)
    } finally {
      await holed.close()
    }
    return { ...(await readRows(path, folder, maxRows, signal)), rowCount: footer.rows }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function firstGroups(groups: readonly ThriftStruct[], maxRows: number): ThriftStruct[] {
  let rows = 0
  const taken: ThriftStruct[] = []
  for (const group of groups) {
    const groupRows = group.integer(groupField.rows) ?? 0
    // An empty group's offsets mean nothing.
    if (rows >= maxRows) break
    if (groupRows === 0) continue
    taken.push(group)
    rows += groupRows
  }
  return taken
}

/** The chunks of a group lie side by side, mostly: one request then brings them all. */
function spansOf(group: ThriftStruct): { readonly start: number; readonly end: number }[] {
  const spans = group
    .structs(groupField.columns)
    .flatMap((chunk) => {
      const column = chunk.struct(chunkField.metadata)
      return column === undefined ? [] : [columnSpan(column)]
    })
    .toSorted((left, right) => left.start - right.start)
  const joined: { start: number; end: number }[] = []
  for (const span of spans) {
    const last = joined.at(-1)
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end)
    else joined.push({ ...span })
  }
  return joined
}

function rangeReader(
  store: ObjectStore,
  key: ObjectKey,
  etag: string | undefined,
  signal: AbortSignal,
): (start: number, end: number) => Promise<Buffer> {
  return async (start, end) => {
    const bytes = Buffer.alloc(end - start)
    if (bytes.byteLength === 0) return bytes
    const options = { signal, startBytes: start, ...(etag === undefined ? {} : { etag }) }
    const stream = await store.getStream(key, options)
    let filledBytes = 0
    // The rest of the body is not asked for: leaving the loop ends the stream.
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const part = chunk.subarray(0, bytes.byteLength - filledBytes)
      bytes.set(part, filledBytes)
      filledBytes += part.byteLength
      if (filledBytes === bytes.byteLength) return bytes
    }
    throw blobNotFound({ bucket: store.bucket, key })
  }
}

async function readRows(
  path: string,
  folder: string,
  maxRows: number,
  signal: AbortSignal,
): Promise<Pick<ParquetHead, 'columns' | 'rows'>> {
  // Heavy, and few commands need it.
  const { DuckDb } = await import('../../../activities/index.ts')
  const duckDb = await DuckDb.open({ spillDirectory: folder })
  try {
    return await duckDb.withConnection(signal, async (connection) => {
      const file = `read_parquet(${literal(path)}, hive_partitioning = false)`
      const described = await connection.runAndReadAll(
        `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${file})`,
      )
      const columns = described
        .getRows()
        .map(([name, type]) => ({ name: String(name), type: String(type) }))
      const texts = columns.map(({ name }) => `${identifier(name)}::VARCHAR`).join(', ')
      const read = await connection.runAndReadAll(`SELECT ${texts} FROM ${file} LIMIT ${maxRows}`)
      const rows = read
        .getRows()
        .map((row) => row.map((value) => (value === null ? null : String(value))))
      return { columns, rows }
    })
  } finally {
    duckDb.close()
  }
}
