import { unescapeKeySegment } from '../../../codec/key-segment.ts'
import { blobNotFound } from './blobs-error.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { checkObject, type ObjectState } from './check-object.ts'
import type { FoundObject } from './find-object.ts'
import { knownKey, promisedDigest, type KnownKey } from './known-key.ts'

/** What is known of an object; undefined is what nobody has said. Times are RFC 3339. */
export interface ObjectDetails {
  readonly key: string
  readonly kind: KnownKey['kind']
  readonly bucket: string
  readonly namespace?: string | undefined
  /** The weeks that the blob is in; a claim names one of them. */
  readonly generations?: readonly string[] | undefined
  readonly digest?: string | undefined
  readonly pipeline?: string | undefined
  readonly partition?: string | undefined
  readonly plainBytes?: number | undefined
  readonly storedBytes: number
  readonly contentType?: string | undefined
  /** Of the payload or value in it. */
  readonly encoding?: string | undefined
  readonly compression?: string | undefined
  readonly encryptionKeyId?: string | undefined
  readonly created: string
  /** Of the first writer; others may hold it by now: `findReferences` tells. */
  readonly workflowId?: string | undefined
  readonly runId?: string | undefined
  readonly writtenBy?: string | undefined
  /** What was written of rows and records beside it. */
  readonly counts?: Readonly<Record<string, string>> | undefined
  readonly state: ObjectState
  readonly damage?: { readonly code: string; readonly message: string; readonly remedy: string }
}

const countNames: ReadonlySet<string> = new Set(['rows', 'records', 'converted', 'rejects'])

/**
 * What an object says of itself, and whether it is intact: reads all of it.
 *
 * @throws BlobsError BLOB_NOT_FOUND
 */
export async function objectDetails(
  place: BlobsPlace,
  { key, claimed, generations }: FoundObject,
): Promise<ObjectDetails> {
  const { store, signal } = place
  const head = await store.head(key, { signal })
  if (head === undefined) throw blobNotFound({ bucket: store.bucket, key })
  const { metadata } = head
  const checked = await checkObject(place, key, claimed)
  if (checked.state === 'gone') throw blobNotFound({ bucket: store.bucket, key })
  const known = knownKey(key)
  const { kind, ...names } = known
  const { seal, error } = checked
  const said = (name: string): string | undefined => {
    const text = metadata[name]
    return text === undefined ? undefined : (unescapeKeySegment(text) ?? text)
  }
  const counts = Object.entries(metadata).filter(([name]) => countNames.has(name))
  return {
    key,
    kind,
    bucket: store.bucket,
    ...('namespace' in names ? { namespace: names.namespace } : {}),
    ...('pipeline' in names ? { pipeline: names.pipeline, partition: names.partition } : {}),
    ...(kind === 'blob' ? { generations } : {}),
    digest: promisedDigest(known) ?? metadata['plain-sha256'] ?? metadata['sha256'],
    plainBytes: checked.plainBytes ?? numberOf(metadata['plain-bytes']),
    storedBytes: head.sizeBytes,
    contentType: head.contentType,
    encoding: said('encoding'),
    compression: seal?.compression ?? (key.endsWith('.zst') ? 'zstd' : undefined),
    encryptionKeyId: seal?.encryptionKeyId,
    created: metadata['created'] ?? head.lastModified.toISOString(),
    workflowId: 'workflowId' in names ? names.workflowId : said('workflow-id'),
    ...('runId' in names ? { runId: names.runId } : {}),
    writtenBy: metadata['written-by'],
    ...(counts.length === 0 ? {} : { counts: Object.fromEntries(counts) }),
    state: checked.state,
    ...(error === undefined ? {} : { damage: damageOf(error) }),
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

function damageOf({
  code,
  message,
  remedy,
}: {
  readonly code: string
  readonly message: string
  readonly remedy: string
}): NonNullable<ObjectDetails['damage']> {
  return { code, message, remedy }
}
