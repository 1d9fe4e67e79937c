import type { Payload } from '@temporalio/common'
import type { BlobClaim } from './blob-claim.ts'
import { isClaim, parseClaim, type Claim } from './claim.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import { isClaimPayload, parseClaimPayload } from './claim-payload.ts'
import { nestedBlobClaims } from './nested-claims.ts'
import { payloadEncoding } from './payload-bytes.ts'
import { requireKnownSealing } from './sealed-payload.ts'

/**
 * The claims in the payloads of a message of Temporal's API as it came over the wire: an event of a
 * history, a description, a failure, whatever holds payloads at any depth. Nothing is decoded and no
 * store is asked. In the order in which they stand, those within messages of the server too.
 *
 * @throws ClaimCheckError CLAIM_VERSION_UNKNOWN, of claims and of sealed payloads; CLAIM_MALFORMED. Where the
 * message is an event, `at` says which one
 */
export function blobClaimsIn(message: unknown): BlobClaim[] {
  try {
    return payloadsIn(message).flatMap((payload) => {
      if (isClaimPayload(payload)) return [parseClaimPayload(payload)]
      // What a later version seals may be a claim: nobody can tell.
      requireKnownSealing(payload)
      return nestedBlobClaims(payload)
    })
  } catch (error) {
    throw atEvent(error, message)
  }
}

/** Whoever is to look at a payload that cannot be read has to find it in a history of thousands. */
function atEvent(error: unknown, message: unknown): unknown {
  if (!(error instanceof ClaimCheckError)) return error
  if (typeof message !== 'object' || message === null || !('eventId' in message)) return error
  const { code, message: what, remedy, retryable } = error
  const at = { event: String(message.eventId) }
  return new ClaimCheckError(code, what, { at, remedy, retryable, cause: error })
}

/**
 * The claim values in payloads of plain JSON, at any depth of their data, as far as the wire shows them:
 * what is compressed, encrypted or parked is not looked into. Data of others that only looks like a claim
 * is none.
 *
 * @throws ClaimCheckError CLAIM_VERSION_UNKNOWN
 */
export function valueClaimsIn(message: unknown): Claim[] {
  return payloadsIn(message)
    .filter((payload) => payloadEncoding(payload) === 'json/plain')
    .flatMap(({ data }) => found(parseJson(data), isValueClaim))
    .map((value) => parseClaim(value).claim)
}

/** @throws ClaimCheckError CLAIM_VERSION_UNKNOWN */
function isValueClaim(value: unknown): value is Claim {
  if (!isClaim(value)) return false
  try {
    parseClaim(value)
    return true
  } catch (error) {
    if (!(error instanceof ClaimCheckError)) throw error
    if (error.code === 'CLAIM_MALFORMED') return false
    // Whatever a later version says, it names something of the store's.
    if (error.code === 'CLAIM_VERSION_UNKNOWN' && !namesValue(value)) return false
    throw error
  }
}

function namesValue(value: object): boolean {
  return 'key' in value && typeof value.key === 'string' && value.key.startsWith('values/')
}

function payloadsIn(message: unknown): Payload[] {
  return found(message, isPayload)
}

/** What passes the check, at any depth; not what is inside of that. */
function found<T>(message: unknown, check: (value: unknown) => value is T): T[] {
  const results: T[] = []
  // Not by recursion: failures have causes, which have causes.
  const waiting: unknown[] = [message]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue
    if (check(value)) results.push(value)
    else for (const inner of Object.values(value).toReversed()) waiting.push(inner)
  }
  return results
}

function isPayload(value: unknown): value is Payload {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return false
  const { metadata } = value
  if (typeof metadata !== 'object' || metadata === null || !('encoding' in metadata)) return false
  return metadata.encoding instanceof Uint8Array
}

function parseJson(data: Uint8Array | null | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(data ?? []).toString('utf8'))
  } catch {
    return undefined
  }
}
