import type { DuckDBConnection } from '@duckdb/node-api'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { ColumnDefinition, DuckDb } from '../../../activities/index.ts'
import { readPart } from '../../../activities/conversion/read-part.ts'
import { fileField, footerBytes } from '../../../activities/parquet/parquet-footer.ts'
import { withWorkingFolder } from '../../../activities/working-folder.ts'
import type { ObjectKey, ObjectStore } from '../../../codec/index.ts'
import {
  firstRowGroups,
  openStoredParquet,
  rowsFailure,
  rowsOf,
  spansOf,
} from '../stored-parquet.ts'
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
  if (head === undefined) throw damagedDataset(store, key, 'a part is not in the store')
  const opened = openStoredParquet(store, key, head, signal)
  const { footer, read } = await opened.catch((cause: unknown) => {
    if (!(cause instanceof PipelineError)) throw cause
    throw damagedDataset(store, key, 'a part is no whole Parquet file', cause)
  })
  const groups = firstRowGroups(footer, rows)
  if (groups.length === 0) return []
  return withWorkingFolder(async (folder) => {
    const path = join(folder, 'part.parquet')
    // What lies behind these row groups is not missed: the end of this file does not speak of it.
    const ends = groups.flatMap(spansOf).map(({ end }) => end)
    const data = await read({ start: 0, end: Math.max(...ends) })
    const metadata = footer.metadata.clone().setStructs(fileField.rowGroups, [...groups])
    metadata.setInteger(
      fileField.rows,
      groups.reduce((sum, group) => sum + rowsOf(group), 0),
      'int64',
    )
    await writeFile(path, [data, footerBytes(metadata)])
    const work = async (connection: DuckDBConnection): Promise<RowTexts[]> => {
      const texts: RowTexts[] = []
      for await (const chunk of readPart(connection, path, columns)) {
        texts.push(...rowTexts(columns, chunk, rows - texts.length))
        if (texts.length >= rows) break
      }
      return texts
    }
    return duckDb.withConnection(signal, work).catch((error: unknown) => {
      throw rowsFailure(error, { bucket: store.bucket, key })
    })
  })
}

/** @param key Of the object, or how the keys of those begin that it may be. */
export function damagedDataset(
  store: ObjectStore,
  key: string,
  message: string,
  cause?: unknown,
): PipelineError {
  return new PipelineError('OBJECT_DAMAGED', message, {
    at: { bucket: store.bucket, key },
    remedy: '`claimcheck datasets verify` says what is left; reprocess the partition.',
    cause,
  })
}
