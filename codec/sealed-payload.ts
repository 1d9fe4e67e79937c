import type { Payload } from '@temporalio/common'
import { ClaimCheckError } from './claim-check-error.ts'
import { isWorthwhile } from './compression.ts'
import { openEnvelope } from './open-envelope.ts'
import {
  deserializePayload,
  payloadBytes,
  payloadEncoding,
  serializePayload,
} from './payload-bytes.ts'
import { sealEnvelopeNow } from './seal-envelope.ts'
import type { SealingKey, SealingKeys } from './sealing-keys.ts'

/** A payload that stays in history, in an envelope: compressed, encrypted or both. */
const encodingPrefix = 'binary/claimcheck-'
const encoding = `${encodingPrefix}v1`

export function isSealedPayload(payload: Payload): boolean {
  return payloadEncoding(payload).startsWith(encodingPrefix)
}

/** Throws `CLAIM_VERSION_UNKNOWN` where the payload is sealed in a way that is not known here. */
export function requireKnownSealing(payload: Payload): void {
  if (!isSealedPayload(payload) || payloadEncoding(payload) === encoding) return
  throw new ClaimCheckError('CLAIM_VERSION_UNKNOWN', 'A sealed payload has an unknown version', {
    remedy: 'Upgrade Claimcheck on this worker or client to the version that wrote it.',
    at: { knownEncoding: encoding },
  })
}

export function sealPayload(payload: Payload, key: SealingKey | undefined): Payload {
  const plain = Buffer.concat(serializePayload(payload))
  return { metadata: { encoding: Buffer.from(encoding) }, data: sealEnvelopeNow(plain, key) }
}

/** The payload compressed, or undefined where that gains too little. */
export function compressPayload(payload: Payload): Payload | undefined {
  const sealed = sealPayload(payload, undefined)
  return isWorthwhile(payloadBytes(sealed), payloadBytes(payload)) ? sealed : undefined
}

/** Throws `PAYLOAD_DAMAGED`, `CLAIM_VERSION_UNKNOWN` and `ENCRYPTION_KEY_…`. */
export async function openSealedPayload(
  payload: Payload,
  options: { readonly keys: SealingKeys; readonly maxPlainBytes: number },
): Promise<Payload> {
  requireKnownSealing(payload)
  try {
    const sealed = payload.data ?? new Uint8Array()
    return deserializePayload((await openEnvelope(sealed, { ...options, at: {} })).plain)
  } catch (cause) {
    if (cause instanceof ClaimCheckError && cause.code !== 'BLOB_DAMAGED') throw cause
    throw new ClaimCheckError('PAYLOAD_DAMAGED', 'A sealed payload cannot be read', {
      remedy: 'Find out what changed it on its way; what stands in a history cannot be repaired.',
      cause,
    })
  }
}
