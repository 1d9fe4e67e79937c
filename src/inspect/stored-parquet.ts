import { parquetFailure } from '../../activities/conversion/parquet-failure.ts'
import {
  chunkField,
  columnSpan,
  fileField,
  groupField,
  readParquetFooter,
  type ParquetFooter,
} from '../../activities/parquet/parquet-footer.ts'
import type { ThriftStruct } from '../../activities/parquet/thrift.ts'
import type { ObjectHead, ObjectKey, ObjectStore } from '../../codec/index.ts'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { damagedObject } from './blobs/open-object.ts'

/** A range of bytes, the end not included. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface StoredParquet {
  readonly footer: ParquetFooter
  readonly read: (span: Span) => Promise<Buffer>
}

/** Footers are mostly shorter: one request then brings all of it. */
const tailBytes = 64 * 1024

/**
 * Opens a Parquet file where it lies, by its footer.
 *
 * @param head As the store has it: what is read is of this object, or fails.
 * @throws PipelineError SOURCE_MALFORMED where it is no whole Parquet file
 */
export async function openStoredParquet(
  store: ObjectStore,
  key: ObjectKey,
  { sizeBytes, etag }: Pick<ObjectHead, 'sizeBytes' | 'etag'>,
  signal: AbortSignal,
): Promise<StoredParquet> {
  const at = { bucket: store.bucket, key }
  const read = async ({ start, end }: Span): Promise<Buffer> => {
    // A damaged footer may speak of any.
    if (start < 0 || end < start || end > sizeBytes) {
      throw damagedObject('its footer speaks of bytes that it has not', at)
    }
    const bytes = Buffer.alloc(end - start)
    if (bytes.byteLength === 0) return bytes
    const options = {
      signal,
      startBytes: start,
      endBytes: end,
      ...(etag === undefined ? {} : { etag }),
    }
    const stream: AsyncIterable<Uint8Array> = await store.getStream(key, options)
    let filledBytes = 0
    for await (const chunk of stream) {
      const part = chunk.subarray(0, bytes.byteLength - filledBytes)
      bytes.set(part, filledBytes)
      filledBytes += part.byteLength
    }
    if (filledBytes === bytes.byteLength) return bytes
    throw damagedObject('it ends early', at)
  }
  const tailStart = Math.max(sizeBytes - tailBytes, 0)
  const tail = await read({ start: tailStart, end: sizeBytes })
  const footer = await readParquetFooter(sizeBytes, async (start, end) =>
    start >= tailStart ? tail.subarray(start - tailStart, end - tailStart) : read({ start, end }),
  )
  return { footer, read }
}

/** What DuckDB says of rows that it cannot read quotes them: this does not. Another error is returned. */
export function rowsFailure(error: unknown, at: Readonly<Record<string, string>>): unknown {
  const failure = parquetFailure(error)
  const isOfFile = failure !== error && failure instanceof PipelineError && !failure.retryable
  return isOfFile ? damagedObject('its rows cannot be read', at) : failure
}

/** The first row groups that have so many rows together, or all; none that is empty. */
export function firstRowGroups({ metadata }: ParquetFooter, wantedRows: number): ThriftStruct[] {
  let rows = 0
  return metadata.structs(fileField.rowGroups).filter((group) => {
    const isNeeded = rows < wantedRows && rowsOf(group) > 0
    rows += rowsOf(group)
    return isNeeded
  })
}

export function rowsOf(group: ThriftStruct): number {
  return group.integer(groupField.rows) ?? 0
}

/** Where the chunks of a group lie; side by side, mostly: one request then brings them all. */
export function spansOf(group: ThriftStruct): Span[] {
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
