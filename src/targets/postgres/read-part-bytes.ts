import {
  digestOf,
  type CallOptions,
  type ObjectKey,
  type ObjectStore,
} from '../../../codec/index.ts'
import type { z } from 'zod'
import type { datasetManifest } from '../../../activities/seal-dataset.ts'

export type ManifestPart = z.infer<typeof datasetManifest>['parts'][number]

/** An object of a dataset that is not as its manifest says. */
export interface DamagedObject {
  readonly key: string
  readonly problem: string
}

/**
 * Reads a part as its manifest describes it, and says what is wrong where it is another: its size, its
 * digest, or the rows that it says to have.
 */
export async function readPartBytes(
  store: ObjectStore,
  part: ManifestPart,
  options: CallOptions,
): Promise<{ readonly bytes: Uint8Array } | { readonly damage: DamagedObject }> {
  const key = part.key as ObjectKey
  const damaged = (problem: string) => ({ damage: { key, problem } })
  const head = await store.head(key, options)
  if (head === undefined) return damaged('is not in the store')
  const rows = Number(head.metadata['rows'])
  if (rows !== part.rowCount) return damaged(`says ${rows} rows instead of ${part.rowCount}`)
  const bytes = await store.get(key, options)
  if (bytes.length !== part.sizeBytes) {
    return damaged(`has ${bytes.length} bytes instead of ${part.sizeBytes}`)
  }
  if (part.sha256 !== (await digestOf(bytes))) return damaged('has another SHA-256')
  return { bytes }
}
