import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { CodedError } from '../../../codec/coded-error.ts'
import { ClaimCheckError } from '../../../codec/claim-check-error.ts'
import type { ObjectHead, ObjectKey } from '../../../codec/index.ts'
import { resumedStream } from '../../../codec/resumed-stream.ts'
import type { PlainFacts } from '../../../codec/sealed-objects.ts'
import { SealingKeys } from '../../../codec/sealing-keys.ts'
import { blobNotFound } from './blobs-error.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { knownKey, promisedDigest, type KnownKey } from './known-key.ts'
import { beginSealed, type BegunSealed, type ExpectedPlain } from './open-sealed.ts'

/** What the plain bytes of an object are. */
export type PlainForm = 'payload' | 'json' | 'parquet' | 'text' | 'unknown'

export interface OpenObject {
  readonly key: ObjectKey
  readonly form: PlainForm
  /** Of what lies in an envelope. */
  readonly sealed: BegunSealed | undefined
  /** Whether something says what the plain bytes have to be, or only that their frames are right. */
  readonly isPromised: boolean
  /** Once. Throws `BLOB_DAMAGED`, `OBJECT_DAMAGED`, `ENCRYPTION_KEY_…`, at the latest at its end. */
  plain(): AsyncGenerator<Uint8Array, void>
  /** For who has seen enough. */
  close(): Promise<void>
}

/** What a claim or a list says of an object. */
export interface ClaimedFacts extends PlainFacts {
  /** Of its bytes as they are stored, not as they are when decompressed. @default false */
  readonly isOfStored?: boolean
}

/**
 * Begins to read an object of the bucket. What it has to be is told by its key, by the claim that named
 * it, or by what its writer left beside it.
 *
 * @throws BlobsError BLOB_NOT_FOUND
 * @throws ClaimCheckError BLOB_DAMAGED
 */
export async function openObject(
  place: BlobsPlace,
  key: ObjectKey,
  claimed?: ClaimedFacts,
): Promise<OpenObject> {
  const known = knownKey(key)
  try {
    return known.kind === 'blob' || known.kind === 'value'
      ? await openEnveloped(place, key, known, claimed)
      : await openPlain(place, key, claimed)
  } catch (error) {
    if (!(error instanceof ClaimCheckError) || error.code !== 'OBJECT_MISSING') throw error
    throw blobNotFound({ bucket: place.store.bucket, key })
  }
}

async function openEnveloped(
  { store, encryption, signal }: BlobsPlace,
  key: ObjectKey,
  known: Extract<KnownKey, { readonly namespace: string }>,
  claimed: PlainFacts | undefined,
): Promise<OpenObject> {
  const at = { bucket: store.bucket, key }
  const stored = resumedStream(store, key, { signal })
  const sealed = await beginSealed(stored, at)
  const keys = new SealingKeys(encryption, known.namespace)
  const digest = promisedDigest(known) ?? claimed?.digest
  return {
    key,
    form: known.kind === 'blob' ? 'payload' : 'unknown',
    sealed,
    isPromised: digest !== undefined,
    plain: () => sealed.open(keys, { digest, sizeBytes: claimed?.sizeBytes }),
    async close() {
      stored.destroy()
      await sealed.close()
    },
  }
}

async function openPlain(
  { store, signal }: BlobsPlace,
  key: ObjectKey,
  claimed: ClaimedFacts | undefined,
): Promise<OpenObject> {
  const head = await store.head(key, { signal })
  if (head === undefined) throw blobNotFound({ bucket: store.bucket, key })
  const stored = resumedStream(store, key, { signal })
  // What lists an object and what stands beside it may both be wrong, so it has to be as both say.
  const claims = claimed === undefined ? [] : [claimed]
  const isOfStored = claimed?.isOfStored === true
  const expected = [expectedOf(head), ...(isOfStored ? [] : claims)]
  const storedDigest = head.metadata['stored-sha256']
  const expectedStored = [
    ...(storedDigest === undefined ? [] : [{ digest: storedDigest, sizeBytes: undefined }]),
    ...(isOfStored ? claims : []),
  ]
  return {
    key,
    form: formOf(key),
    sealed: undefined,
    isPromised: [...expected, ...claims].some(({ digest }) => digest !== undefined),
    async *plain() {
      const at = { bucket: store.bucket, key }
      const raw = expectedStored.length > 0 ? checked(stored, expectedStored, at) : stored
      yield* checked(key.endsWith('.zst') ? unpacked(raw, at) : raw, expected, at)
    },
    async close() {
      stored.destroy()
    },
  }
}

/** What the writer of a part or of a landed page has said of its plain bytes. */
function expectedOf({ metadata }: ObjectHead): ExpectedPlain {
  const { sha256, 'plain-sha256': plainSha256, 'plain-bytes': plainBytes } = metadata
  return {
    digest: plainSha256 ?? sha256,
    sizeBytes: plainBytes === undefined ? undefined : Number(plainBytes),
  }
}

function formOf(key: string): PlainForm {
  if (key.endsWith('.parquet')) return 'parquet'
  return /\.json(\.zst)?$/.test(key) ? 'json' : 'text'
}

type At = Readonly<Record<string, string>>

async function* unpacked(
  stored: AsyncIterable<Uint8Array>,
  at: At,
): AsyncGenerator<Uint8Array, void> {
  const unpacking = pipeline(stored, createZstdDecompress(), () => undefined)
  try {
    for await (const piece of unpacking) yield piece as Uint8Array
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw damagedObject('it cannot be decompressed', at, error)
  } finally {
    // What it unpacks goes with it.
    unpacking.destroy()
  }
}

async function* checked(
  plain: AsyncIterable<Uint8Array>,
  expected: readonly ExpectedPlain[],
  at: At,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256')
  let countedBytes = 0
  for await (const piece of plain) {
    hash.update(piece)
    countedBytes += piece.byteLength
    yield piece
  }
  const actual = hash.digest('hex')
  for (const { digest, sizeBytes } of expected) {
    if (sizeBytes !== undefined && countedBytes !== sizeBytes) {
      throw damagedObject(`it has ${countedBytes} plain bytes of ${sizeBytes}`, at)
    }
    if (digest !== undefined && actual !== digest) {
      throw damagedObject('it is not what was written: its SHA-256 is another', at)
    }
  }
}

/** An object that lies in no envelope, and is not what was written. */
export function damagedObject(what: string, at: At, cause?: unknown): PipelineError {
  return new PipelineError('OBJECT_DAMAGED', `The object is damaged: ${what}`, {
    at,
    remedy:
      'Delete it and start its run again: a landed page is then fetched again, a part made again from the landing.',
    cause,
  })
}
