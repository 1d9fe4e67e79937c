import { isDigest } from '../../../codec/digest.ts'
import { parseBlobKey, type BlobName } from '../../../codec/blob-key.ts'
import { unescapeKeySegment } from '../../../codec/key-segment.ts'

/** What the key of an object says of it. */
export type KnownKey =
  | ({ readonly kind: 'blob' } & BlobName)
  | {
      readonly kind: 'value'
      readonly namespace: string
      readonly workflowId: string
      readonly runId: string
      /** The digest of what was parked whole; of a stream, which attempt of which activity it was. */
      readonly name: string
    }
  | { readonly kind: 'landing' | 'dataset'; readonly pipeline: string; readonly partition: string }
  | { readonly kind: 'foreign' }

/** Reads a key of any of the bucket's folders; whatever no writer of ours would call so is foreign. */
export function knownKey(key: string): KnownKey {
  const blob = parseBlobKey(key)
  if (blob !== undefined) return { kind: 'blob', ...blob }
  const [folder, ...segments] = key.split('/')
  if (folder === 'values' && segments.length === 4) {
    const [namespace, workflowId, runId, name] = segments.map(unescapeKeySegment)
    if (namespace !== undefined && workflowId !== undefined) {
      if (runId !== undefined && name !== undefined) {
        return { kind: 'value', namespace, workflowId, runId, name }
      }
    }
  }
  const [pipeline, partition, ...rest] = segments
  if (pipeline === undefined || partition === undefined) return { kind: 'foreign' }
  if (folder === 'landing' && rest.length >= 2) return { kind: 'landing', pipeline, partition }
  if (folder === 'datasets' && rest.length >= 2) return { kind: 'dataset', pipeline, partition }
  return { kind: 'foreign' }
}

/** The digest that a key promises of the plain bytes; undefined where it promises none. */
export function promisedDigest(known: KnownKey): string | undefined {
  if (known.kind === 'blob') return known.digest
  return known.kind === 'value' && isDigest(known.name) ? known.name : undefined
}
