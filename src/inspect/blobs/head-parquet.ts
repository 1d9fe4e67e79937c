import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { footerBytes } from '../../../activities/parquet/parquet-footer.ts'
import { copyRowGroups } from '../../../activities/parquet/copy-row-groups.ts'
import { identifier, literal } from '../../../activities/conversion/sql-text.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { blobNotFound } from './blobs-error.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { firstRowGroups, openStoredParquet, rowsFailure, spansOf } from '../stored-parquet.ts'

/** The first rows of a Parquet file. */
export interface ParquetHead {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Each value as text, exactly; null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** Of the whole file. */
  readonly rowCount: number
}

/**
 * The first rows of a Parquet file in the store, without reading more of it than its footer and the row
 * groups that they are in.
 *
 * @throws BlobsError BLOB_NOT_FOUND
 * @throws PipelineError SOURCE_MALFORMED, OBJECT_DAMAGED where it is no whole Parquet file
 */
export async function headParquet(
  place: BlobsPlace,
  key: ObjectKey,
  maxRows: number,
): Promise<ParquetHead> {
  const { store, signal } = place
  const head = await store.head(key, { signal })
  if (head === undefined) throw blobNotFound({ bucket: store.bucket, key })
  const { footer, read } = await openStoredParquet(store, key, head, signal)
  const groups = firstRowGroups(footer, maxRows)
  const folder = await mkdtemp(join(tmpdir(), 'claimcheck-head-'))
  try {
    const path = join(folder, 'head.parquet')
    const holed = await open(join(folder, 'holed'), 'w+')
    try {
      // Each group where it is in the object, so that the footer's positions hold; all else is a hole.
      for (const span of groups.flatMap(spansOf)) {
        const bytes = await read(span)
        await holed.write(bytes, 0, bytes.byteLength, span.start)
      }
      const options = { endOf: footerBytes, signal }
      await copyRowGroups(holed, footer.metadata, groups, path, options)
    } finally {
      await holed.close()
    }
    return { ...(await readRows(path, folder, maxRows, signal)), rowCount: footer.rows }
  } catch (error) {
    throw rowsFailure(error, { bucket: store.bucket, key })
  } finally {
    await rm(folder, { recursive: true, force: true })
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
