import { z } from 'zod'
import { digestOf, type CallOptions, type ObjectKey, type ObjectStore } from '../codec/index.ts'

/** An object as it was when the manifest that names it was written. */
export const sealedObject = z.object({
  key: z.string(),
  /** Of the object as it is stored, compressed or not; of these bytes the digest is too. */
  sizeBytes: z.number(),
  sha256: z.string(),
})

export type SealedObject = z.infer<typeof sealedObject>

/** What a manifest says of an object that is in the store. Holds it in memory. */
export async function sealObject(
  store: ObjectStore,
  key: ObjectKey,
  options: CallOptions,
): Promise<SealedObject> {
  const bytes = await store.get(key, options)
  return { key, sizeBytes: bytes.length, sha256: await digestOf(bytes) }
}

/** How the bytes of an object differ from what was sealed; undefined where they do not. */
export async function sealedObjectProblem(
  { sizeBytes, sha256 }: SealedObject,
  bytes: Uint8Array,
): Promise<string | undefined> {
  if (bytes.length !== sizeBytes) return `has ${bytes.length} bytes instead of ${sizeBytes}`
  if ((await digestOf(bytes)) !== sha256) return 'has another SHA-256'
  return undefined
}
