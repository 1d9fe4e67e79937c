import type { z } from 'zod'
import {
  digestOf,
  type CallOptions,
  type ObjectHead,
  type ObjectKey,
  type ObjectStore,
} from '../../codec/index.ts'
import type { datasetManifest } from '../seal-dataset.ts'

export type SealedPart = z.infer<typeof datasetManifest>['parts'][number]

/** What is wrong with the object of a part, by what the store says of it; undefined where nothing is. */
export function partProblem(part: SealedPart, head: ObjectHead | undefined): string | undefined {
  const rows = Number(head?.metadata['rows'])
  if (head !== undefined && rows !== part.rowCount)
    return `says ${rows} rows instead of ${part.rowCount}`
  return partSizeProblem(part, head?.sizeBytes)
}

/**
 * The same by a listing, which tells lengths and no more.
 *
 * @param storedBytes Undefined where the object is not there.
 */
export function partSizeProblem(
  { sizeBytes }: Pick<SealedPart, 'sizeBytes'>,
  storedBytes: number | undefined,
): string | undefined {
  if (storedBytes === undefined) return 'is not in the store'
  return storedBytes === sizeBytes ? undefined : `has ${storedBytes} bytes instead of ${sizeBytes}`
}

/**
 * Reads a part as its manifest describes it, and says what is wrong where it is another: its size, its
 * digest, or the rows that it says to have.
 */
export async function readSealedPart(
  store: ObjectStore,
  part: SealedPart,
  options: CallOptions,
): Promise<{ readonly bytes: Uint8Array } | { readonly problem: string }> {
  const key = part.key as ObjectKey
  const problem = partProblem(part, await store.head(key, options))
  if (problem !== undefined) return { problem }
  const bytes = await store.get(key, options)
  if (bytes.length !== part.sizeBytes) {
    return { problem: `has ${bytes.length} bytes instead of ${part.sizeBytes}` }
  }
  if (part.sha256 !== (await digestOf(bytes))) return { problem: 'has another SHA-256' }
  return { bytes }
}
