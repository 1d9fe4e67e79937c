import type { Payload } from '@temporalio/common'
import { parseBlobClaim, type BlobClaim } from './blob-claim.ts'
import { claimMalformed, claimVersionUnknown } from './claim-members.ts'
import { payloadEncoding } from './payload-bytes.ts'

const knownVersion = 'v1'
/** The encodings of payloads that are claims, or sealed. */
const encodings = /(json|binary)\/claimcheck-([\w.-]*)/g
const beginning = '{"claim":'
/** Bytes as JSON has them. */
const base64 = /[A-Za-z0-9+/]{20,}={0,2}/g

/**
 * The claims of the payloads that stand within a payload which is a message of Temporal itself. The server's
 * scheduler keeps what its last run returned in such a one, and hands it to the next run; it is of a type that
 * the server keeps to itself, so the bytes are looked through for what every claim begins with.
 *
 * @throws ClaimCheckError CLAIM_VERSION_UNKNOWN, CLAIM_MALFORMED
 */
export function nestedBlobClaims(payload: Payload): BlobClaim[] {
  const messageType = Buffer.from(payload.metadata?.['messageType'] ?? []).toString('utf8')
  if (!messageType.startsWith('temporal.')) return []
  const data = Buffer.from(payload.data ?? [])
  if (!payloadEncoding(payload).startsWith('json/')) return claimsInBytes([data])
  // In JSON the name of the encoding and the claim are two texts.
  const texts = data.toString('latin1').match(base64) ?? []
  return claimsInBytes(texts.map((text) => Buffer.from(text, 'base64')))
}

function claimsInBytes(pieces: readonly Buffer[]): BlobClaim[] {
  const texts = pieces.flatMap((bytes) => claimTexts(bytes))
  let expected = 0
  for (const bytes of pieces) {
    for (const [, form = '', version = ''] of bytes.toString('latin1').matchAll(encodings)) {
      if (version !== knownVersion) throw claimVersionUnknown(version)
      if (form === 'json') expected += 1
    }
  }
  if (texts.length < expected)
    throw claimMalformed('within a message of the server it is not found')
  return texts.map((text) => parseBlobClaim(text))
}

function claimTexts(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  let start = bytes.indexOf(beginning)
  while (start >= 0) {
    // No member of a claim is an object, and no name in it has a brace.
    const end = bytes.indexOf('}', start)
    found.push(bytes.subarray(start, end < 0 ? undefined : end + 1))
    start = bytes.indexOf(beginning, start + beginning.length)
  }
  return found
}
