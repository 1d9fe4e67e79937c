import { isClaim, parseClaim } from '../../../codec/claim.ts'
import { parseBlobClaim } from '../../../codec/blob-claim.ts'
import type { ObjectKey } from '../../../codec/index.ts'
import type { PlainFacts } from '../../../codec/sealed-objects.ts'
import { BlobsError } from './blobs-error.ts'

/** An object as a person names it. */
export type ObjectName =
  /** How the digest of a blob begins. */
  | { readonly kind: 'digest'; readonly prefix: string }
  /** A key, and what a claim says of the bytes where it was a claim that named it. */
  | { readonly kind: 'key'; readonly key: ObjectKey; readonly claimed: PlainFacts | undefined }

/** With no part that a store might take for the folder itself, or the one above: no writer of ours makes such. */
const keyPattern = /^(?:blobs|values|landing|datasets)(?:\/(?!\.{0,2}(?:\/|$))[^/]+)+$/

/**
 * Reads the beginning of a digest (four digits or more), a claim as JSON, or the key of an object.
 *
 * @throws BlobsError BLOB_NAME_INVALID
 * @throws ClaimCheckError CLAIM_MALFORMED, CLAIM_VERSION_UNKNOWN where it is a claim that cannot be read
 */
export function parseObjectName(text: string): ObjectName {
  const name = text.trim()
  if (/^[0-9a-f]{4,64}$/i.test(name)) return { kind: 'digest', prefix: name.toLowerCase() }
  if (keyPattern.test(name)) return { kind: 'key', key: name as ObjectKey, claimed: undefined }
  if (name.startsWith('{')) return nameOfClaim(name)
  throw new BlobsError('BLOB_NAME_INVALID', 'That names no object', {
    remedy:
      'Give the digest of a blob or four digits of its beginning, a claim as JSON, or a key such as datasets/….',
  })
}

function nameOfClaim(text: string): ObjectName {
  const value = parsed(text)
  const { key, digest, sizeBytes } = isClaim(value)
    ? parseClaim(value).claim
    : parseBlobClaim(Buffer.from(text))
  return { kind: 'key', key, claimed: { digest, sizeBytes } }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
