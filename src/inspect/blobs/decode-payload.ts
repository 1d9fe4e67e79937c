import type { Payload } from '@temporalio/common'
import { CodedError } from '../../../codec/coded-error.ts'
import { isClaim, parseClaim } from '../../../codec/claim.ts'
import { parseBlobClaim } from '../../../codec/blob-claim.ts'
import { ClaimCheckCodec } from '../../../codec/index.ts'
import { toClaimPayload } from '../../../codec/claim-payload.ts'
import { payloadEncoding } from '../../../codec/payload-bytes.ts'
import { fromPayloadJson, payloadJsonSchema } from '../../../codec/payload-json.ts'
import type { BlobsPlace } from './blobs-place.ts'
import { openContent } from './open-content.ts'

/** Something in a document that stands for a value. */
export type Encoded =
  | { readonly kind: 'payload'; readonly payload: Payload }
  | { readonly kind: 'value'; readonly claim: ReturnType<typeof parseClaim>['claim'] }

/** The value, or why it cannot be had. */
export type Decoded =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'bytes'; readonly encoding: string; readonly bytes: Uint8Array }
  /** Of an encoding that is not ours to decode. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'error'; readonly error: CodedError }

/** What a node of a document stands for; undefined where it is what it is. */
export function payloadOf(node: unknown): Payload | undefined {
  const parsed = payloadJsonSchema.safeParse(node)
  if (!parsed.success || parsed.data.metadata?.['encoding'] === undefined) return undefined
  return fromPayloadJson(parsed.data)
}

/**
 * The claim that a node is, of either kind.
 *
 * @throws ClaimCheckError CLAIM_MALFORMED, CLAIM_VERSION_UNKNOWN
 */
export function claimOf(node: unknown): Encoded | undefined {
  if (isClaim(node)) return { kind: 'value', claim: parseClaim(node).claim }
  if (typeof node !== 'object' || node === null) return undefined
  if (!('claim' in node) || !('kind' in node) || !('key' in node)) return undefined
  const claim = parseBlobClaim(Buffer.from(JSON.stringify(node)))
  return { kind: 'payload', payload: toClaimPayload(claim) }
}

/** Decodes values through the codec that workers have. */
export class ValueDecoder {
  readonly #place: BlobsPlace
  readonly #codec: ClaimCheckCodec

  constructor(place: BlobsPlace) {
    const { store, namespace, encryption } = place
    this.#place = place
    this.#codec = new ClaimCheckCodec({
      store,
      namespace,
      ...(encryption === undefined ? {} : { encryption }),
    })
  }

  /** Never throws what is wrong with one value alone: that must not hide the others. */
  async decode(encoded: Encoded): Promise<Decoded> {
    try {
      if (encoded.kind === 'payload') return await this.#decodePayload(encoded.payload)
      const { key, digest, sizeBytes, encoding } = encoded.claim
      const content = await openContent(this.#place, { key, claimed: { digest, sizeBytes } })
      const pieces: Uint8Array[] = []
      for await (const piece of content.bytes) pieces.push(piece)
      return decodedOf(encoding, Buffer.concat(pieces))
    } catch (error) {
      if (error instanceof CodedError && !error.retryable) return { kind: 'error', error }
      throw error
    }
  }

  async #decodePayload(payload: Payload): Promise<Decoded> {
    const [decoded] = await this.#codec.decode([payload])
    if (decoded === undefined) throw new TypeError('the codec lost a payload')
    return decodedOf(payloadEncoding(decoded), decoded.data ?? new Uint8Array())
  }
}

function decodedOf(encoding: string, bytes: Uint8Array): Decoded {
  if (encoding === 'binary/null') return { kind: 'json', text: 'null' }
  const text = encoding.startsWith('json/') ? jsonText(bytes) : undefined
  if (text !== undefined) return { kind: 'json', text }
  return encoding.startsWith('binary/encrypted') || encoding === ''
    ? { kind: 'foreign' }
    : { kind: 'bytes', encoding, bytes }
}

/** As it is written, so that no digit of a number changes; undefined where it is no JSON after all. */
function jsonText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf8', { fatal: true }).decode(bytes)
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}
