import { readFile } from 'node:fs/promises'
import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../codec/index.ts'

/** What a part says of itself, for `getPart` and for sealing. */
export interface PartCounts {
  /** Records that it was made from: served, and of these good and set aside. */
  readonly records: number
  readonly converted: number
  readonly rejects: number
  readonly rows: number
}

/** Puts a local Parquet file into the store as a part. */
export async function putPart(
  store: ObjectStore,
  key: ObjectKey,
  path: string,
  { records, converted, rejects, rows }: PartCounts,
  options: CallOptions,
): Promise<{ storedBytes: number }> {
  const part = await readFile(path)
  await store.put(key, part, {
    ...options,
    contentType: 'application/vnd.apache.parquet',
    metadata: {
      records: String(records),
      converted: String(converted),
      rejects: String(rejects),
      rows: String(rows),
      sha256: await digestOf(part),
    },
  })
  return { storedBytes: part.length }
}
