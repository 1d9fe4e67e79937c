import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallOptions, ObjectKey, ObjectStore } from '../codec/index.ts'
import { getPart } from './get-part.ts'

/**
 * Brings the parts whose keys begin with a prefix into a folder, one after the other.
 *
 * @returns their files, in the order of the parts' numbers
 * @throws PipelineError OBJECT_DAMAGED where one is not what was written
 */
export async function downloadParts(
  store: ObjectStore,
  prefix: string,
  folder: string,
  options: CallOptions,
): Promise<string[]> {
  const paths: string[] = []
  for (const { key, partNumber } of await listParts(store, prefix, options)) {
    const { bytes } = await getPart(store, key, options)
    const path = join(folder, `source-${partNumber}.parquet`)
    await writeFile(path, bytes)
    paths.push(path)
  }
  return paths
}

export interface ListedPart {
  readonly key: ObjectKey
  readonly partNumber: number
}

/** The parts whose keys begin with a prefix, in the order of their numbers. */
export async function listParts(
  store: ObjectStore,
  prefix: string,
  options: CallOptions,
): Promise<ListedPart[]> {
  const parts: ListedPart[] = []
  for await (const { key } of store.list(prefix, options)) {
    parts.push({ key, partNumber: Number(/-(\d+)\.parquet$/.exec(key)?.[1]) })
  }
  // Names are padded to five digits; items have greater numbers.
  return parts.toSorted((left, right) => left.partNumber - right.partNumber)
}
