import { z } from 'zod'
import { blobKey, parseBlobKey } from './blob-key.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import { claimMalformed, claimMembers, claimVersion, parseClaimMembers } from './claim-members.ts'
import type { Digest } from './digest.ts'
import { isGeneration, type Generation } from './generation.ts'
import type { ObjectKey } from './object-store.ts'

/** The reference that stands in history for a payload in the store. `FORMAT.md` specifies it. */
export interface BlobClaim {
  readonly kind: 'blob'
  /** Where it was written. For people: a reader uses its own store, so a bucket can be moved. */
  readonly bucket: string
  readonly key: ObjectKey
  readonly digest: Digest
  /** Plain bytes: the serialized payload, metadata included. */
  readonly sizeBytes: number
  /** Bytes of the envelope, as its first writer made it. For people. */
  readonly storedBytes: number
  /** The `encoding` of the payload in the store. For people. */
  readonly encoding: string
  readonly generation: Generation
}

/** No claim is longer, so that ten thousand of them still fit a history. */
export const maxClaimBytes = 600

const claimSchema = z.strictObject({
  ...claimMembers,
  kind: z.literal('blob'),
  encoding: z.string(),
  generation: z.string().refine(isGeneration),
})

/** The claim as JSON that a person can read in any history. Throws `CLAIM_MALFORMED` if too long. */
export function formatBlobClaim(claim: BlobClaim): Uint8Array {
  const bytes = Buffer.from(
    JSON.stringify({
      claim: claimVersion,
      kind: claim.kind,
      bucket: claim.bucket,
      key: claim.key,
      digest: claim.digest,
      sizeBytes: claim.sizeBytes,
      storedBytes: claim.storedBytes,
      encoding: claim.encoding,
      generation: claim.generation,
    }),
  )
  if (bytes.byteLength < maxClaimBytes) return bytes
  throw new ClaimCheckError('CLAIM_MALFORMED', `A claim would be ${bytes.byteLength} bytes long`, {
    remedy: `Use shorter names for the namespace and the bucket: a claim is under ${maxClaimBytes} bytes.`,
    at: { bucket: claim.bucket, key: claim.key },
  })
}

/** Throws `CLAIM_VERSION_UNKNOWN` for a claim of another version, `CLAIM_MALFORMED` for anything else. */
export function parseBlobClaim(bytes: Uint8Array): BlobClaim {
  const { claim: _version, ...claim } = parseClaimMembers(claimSchema, parseJson(bytes))
  const name = parseBlobKey(claim.key)
  // A claim comes from outside: whoever may start a workflow must not choose what is read.
  if (name === undefined) throw claimMalformed('its key is not the key of a blob')
  if (blobKey({ ...name, digest: claim.digest, generation: claim.generation }) !== claim.key) {
    throw claimMalformed('its key, digest and generation do not belong together')
  }
  return claim
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // Not with its cause, which quotes what it read.
    throw claimMalformed('it is not JSON')
  }
}
