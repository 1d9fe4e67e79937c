import type { Payload } from '@temporalio/common'
import proto from '@temporalio/proto'
import { formatBlobClaim, parseBlobClaim, type BlobClaim } from './blob-claim.ts'
import { claimVersionUnknown } from './claim-members.ts'
import { payloadEncoding } from './payload-bytes.ts'

const { Payload: PayloadProto } = proto.temporal.api.common.v1

/**
 * Its own encoding, not `json/plain`: a worker without this codec then fails loudly instead of
 * taking the claim for the value. It begins with `json/`, so web page and CLI show it as JSON.
 */
const ENCODING_PREFIX = 'json/claimcheck-'
const ENCODING = `${ENCODING_PREFIX}v1`

/** The payload that stands in history; it tells the server how many bytes lie elsewhere. */
export function toClaimPayload(claim: BlobClaim): Payload {
  // Through `fromObject`, which makes the 64-bit integer of the protobuf runtime.
  const { externalPayloads } = PayloadProto.fromObject({
    externalPayloads: [{ sizeBytes: claim.sizeBytes }],
  })
  return {
    metadata: { encoding: Buffer.from(ENCODING) },
    data: formatBlobClaim(claim),
    externalPayloads,
  }
}

/** Whether the payload is a claim of any version. */
export function isClaimPayload(payload: Payload): boolean {
  return payloadEncoding(payload).startsWith(ENCODING_PREFIX)
}

/** Throws `CLAIM_VERSION_UNKNOWN` and `CLAIM_MALFORMED`. */
export function parseClaimPayload(payload: Payload): BlobClaim {
  const encoding = payloadEncoding(payload)
  if (encoding !== ENCODING) throw claimVersionUnknown(encoding.slice(ENCODING_PREFIX.length))
  return parseBlobClaim(payload.data ?? new Uint8Array())
}
