import type { Digest, Generation, ObjectKey } from '../../../codec/index.ts'
import type { PlainFacts } from '../../../codec/sealed-objects.ts'
import { BlobsError, blobNotFound } from './blobs-error.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { knownKey } from './known-key.ts'
import { listBlobs } from './list-blobs.ts'
import type { ObjectName } from './parse-object-name.ts'

export interface FoundObject {
  readonly key: ObjectKey
  /** What a claim says of the bytes, where a claim named it. */
  readonly claimed: PlainFacts | undefined
  /** The weeks that a blob of this digest is in, the oldest first; empty for other objects. */
  readonly generations: readonly Generation[]
}

const mostCandidates = 10

/**
 * The object that a name stands for: of a digest that is in several weeks, the newest.
 *
 * @throws BlobsError BLOB_NOT_FOUND, BLOB_AMBIGUOUS
 */
export async function findObject(place: BlobsPlace, name: ObjectName): Promise<FoundObject> {
  if (name.kind === 'digest') return findByPrefix(place, name.prefix)
  const { key, claimed } = name
  const { store, signal } = place
  if ((await store.head(key, { signal })) === undefined) {
    throw blobNotFound({ bucket: store.bucket, key })
  }
  const known = knownKey(key)
  if (known.kind !== 'blob') return { key, claimed, generations: [] }
  const { namespace, digest } = known
  const { generations } = await findByPrefix({ ...place, namespace }, digest)
  return { key, claimed, generations }
}

async function findByPrefix(place: BlobsPlace, digestPrefix: string): Promise<FoundObject> {
  const found = new Map<Digest, { key: ObjectKey; generations: Generation[] }>()
  for await (const { key, digest, generation } of listBlobs(place, { digestPrefix })) {
    const generations = [...(found.get(digest)?.generations ?? []), generation]
    found.set(digest, { key: key as ObjectKey, generations })
    if (found.size > mostCandidates) break
  }
  const [only, ...others] = found
  if (only === undefined) {
    throw blobNotFound({
      bucket: place.store.bucket,
      namespace: place.namespace,
      digest: digestPrefix,
    })
  }
  if (others.length === 0) return { ...only[1], claimed: undefined }
  const digests = [...found.keys()].slice(0, mostCandidates)
  throw new BlobsError('BLOB_AMBIGUOUS', 'Several digests begin so', {
    at: { digest: digestPrefix },
    remedy: `Give more digits: ${digests.join(', ')}${found.size > mostCandidates ? ' and more' : ''}.`,
  })
}
