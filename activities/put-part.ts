import { readFile } from 'node:fs/promises'
import { formatNames } from './evolution/name-list.ts'
import { formatPositions } from './evolution/position-set.ts'
import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../codec/index.ts'

/** What a part says of itself, for `getPart` and for sealing. */
export interface PartCounts {
  /** Records that it was made from: served, and of these good and set aside. */
  readonly records: number
  readonly converted: number
  readonly rejects: number
  readonly rows: number
  /** Declared columns whose field no record had, by their positions. @default none */
  readonly absent?: readonly number[]
  /** Fields of records that no column declares. @default none */
  readonly discarded?: readonly string[] | undefined
}

/** Puts a local Parquet file into the store as a part. */
export async function putPart(
  store: ObjectStore,
  key: ObjectKey,
  path: string,
  { records, converted, rejects, rows, absent = [], discarded = [] }: PartCounts,
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
      ...(absent.length === 0 ? {} : { absent: formatPositions(absent) }),
      ...(discarded.length === 0 ? {} : { discarded: formatNames(discarded) }),
      sha256: await digestOf(part),
    },
  })
  return { storedBytes: part.length }
}
