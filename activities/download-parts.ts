import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../codec/index.ts'
import { PipelineError } from './pipeline-error.ts'

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
    const head = await store.head(key, options)
    const part = await store.get(key, options)
    if (head?.metadata['sha256'] !== (await digestOf(part))) throw damaged(store, key)
    const path = join(folder, `source-${partNumber}.parquet`)
    await writeFile(path, part)
    paths.push(path)
  }
  return paths
}

export interface StoredPart {
  readonly key: ObjectKey
  readonly partNumber: number
}

/** The parts whose keys begin with a prefix, in the order of their numbers. */
export async function listParts(
  store: ObjectStore,
  prefix: string,
  options: CallOptions,
): Promise<StoredPart[]> {
  const parts: StoredPart[] = []
  for await (const { key } of store.list(prefix, options)) {
    parts.push({ key, partNumber: Number(/-(\d+)\.parquet$/.exec(key)?.[1]) })
  }
  // Names are padded to five digits; items have greater numbers.
  return parts.toSorted((left, right) => left.partNumber - right.partNumber)
}

function damaged(store: ObjectStore, key: ObjectKey): PipelineError {
  return new PipelineError('OBJECT_DAMAGED', 'a part is not what was written', {
    at: { bucket: store.bucket, key },
    remedy: 'Start the run again: the part is made anew from the landing.',
    // A late attempt at the conversion may have written between the two readings.
    retryable: true,
  })
}
