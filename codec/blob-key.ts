import { isDigest, type Digest } from './digest.ts'
import { isGeneration, type Generation } from './generation.ts'
import { escapeKeySegment, unescapeKeySegment } from './key-segment.ts'
import type { ObjectKey } from './object-store.ts'

/** Where one blob lies: the namespace it belongs to, the week it was written in, its content. */
export interface BlobName {
  readonly namespace: string
  readonly generation: Generation
  readonly digest: Digest
}

/** `blobs/{namespace}/{generation}/{digest}`, the namespace escaped. */
export function blobKey({ namespace, generation, digest }: BlobName): ObjectKey {
  return `blobs/${escapeKeySegment(namespace)}/${generation}/${digest}` as ObjectKey
}

/** What a key says, or undefined where it is not the key of a blob. */
export function parseBlobKey(key: string): BlobName | undefined {
  const [root, escaped, generation, digest, ...more] = key.split('/')
  if (root !== 'blobs' || more.length > 0) return undefined
  if (escaped === undefined || generation === undefined || digest === undefined) return undefined
  const namespace = unescapeKeySegment(escaped)
  if (namespace === undefined || !isGeneration(generation) || !isDigest(digest)) return undefined
  return { namespace, generation, digest }
}
