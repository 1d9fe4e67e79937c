import { CodedError } from '../../../codec/coded-error.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import { resumedStream } from '../../../codec/resumed-stream.ts'
import { BlobsError } from './blobs-error.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { damagedObject, openObject, type ClaimedFacts, type OpenObject } from './open-object.ts'
import { beginSealed, type SealFacts } from './open-sealed.ts'

/** What reading all of an object has shown. */
export interface CheckedObject {
  readonly state: ObjectState
  /** What is wrong with it, or why it could not be looked into. */
  readonly error: CodedError | undefined
  /** Undefined where it could not be read to its end. */
  readonly plainBytes: number | undefined
  readonly seal: SealFacts | undefined
}

/**
 * `intact`: what was written, by length and digest. `readable`: whole, and nothing says what it has to
 * be. `locked`: encrypted, and the key is not here; only its lengths are right. `gone`: deleted since it
 * was listed.
 */
export type ObjectState = 'intact' | 'readable' | 'damaged' | 'locked' | 'gone'

/** Manifests and lists of ours are smaller. */
const maxParsedBytes = 64 * 1024 * 1024

/**
 * Reads an object to its end, in pieces, and compares it with what it has to be.
 *
 * @param expected What a claim, a manifest or a list of pages says of it.
 * @throws ClaimCheckError STORE_… where the store cannot be asked
 */
export async function checkObject(
  place: BlobsPlace,
  key: ObjectKey,
  expected?: ClaimedFacts,
): Promise<CheckedObject> {
  let seal: SealFacts | undefined
  try {
    const object = await openObject(place, key, expected)
    seal = object.sealed?.seal
    try {
      const plainBytes = await readThrough(object, { bucket: place.store.bucket, key })
      const state = object.isPromised ? 'intact' : 'readable'
      return { state, error: undefined, plainBytes, seal }
    } finally {
      await object.close()
    }
  } catch (error) {
    const state = stateOf(error)
    if (state === undefined || !(error instanceof CodedError)) throw error
    const trouble = state === 'locked' ? await troubleOfLengths(place, key) : undefined
    if (trouble !== undefined) {
      return { state: 'damaged', error: trouble, plainBytes: undefined, seal }
    }
    return { state, error, plainBytes: undefined, seal }
  }
}

async function readThrough(
  object: OpenObject,
  at: Readonly<Record<string, string>>,
): Promise<number> {
  // What no digest is known of has at least to be JSON, where that is what it is.
  const isToParse = object.form === 'json' && !object.isPromised
  const pieces: Uint8Array[] = []
  let plainBytes = 0
  for await (const piece of object.plain()) {
    plainBytes += piece.byteLength
    if (isToParse && plainBytes <= maxParsedBytes) pieces.push(piece)
  }
  if (!isToParse || plainBytes > maxParsedBytes) return plainBytes
  try {
    JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch {
    // Not with its cause, which quotes what it read.
    throw damagedObject('it is not JSON', at)
  }
  return plainBytes
}

/** As far as an envelope can be checked without its key. */
async function troubleOfLengths(
  { store, signal }: BlobsPlace,
  key: ObjectKey,
): Promise<CodedError | undefined> {
  const stored = resumedStream(store, key, { signal })
  try {
    const sealed = await beginSealed(stored, { bucket: store.bucket, key })
    await sealed.scan()
    return undefined
  } catch (error) {
    if (error instanceof CodedError && stateOf(error) === 'damaged') return error
    throw error
  } finally {
    stored.destroy()
  }
}

function stateOf(error: unknown): ObjectState | undefined {
  if (error instanceof BlobsError) return error.code === 'BLOB_NOT_FOUND' ? 'gone' : undefined
  if (!(error instanceof CodedError)) return undefined
  if (error.code === 'OBJECT_MISSING') return 'gone'
  if (error.code.endsWith('_DAMAGED')) return 'damaged'
  return error.code.startsWith('ENCRYPTION_KEY_') ? 'locked' : undefined
}
