import type { Payload, PayloadCodec } from '@temporalio/common'
import { ClaimCheckError } from './claim-check-error.ts'
import { isClaimPayload, parseClaimPayload } from './claim-payload.ts'
import { toCodedError } from './codec-server-failure.ts'
import type { CodedError } from './coded-error.ts'
import { payloadBytes } from './payload-bytes.ts'
import { fromPayloadJson, toPayloadJson, type PayloadJson } from './payload-json.ts'
import { toStorageReference } from './storage-reference.ts'

export interface DecodeOptions {
  /** It refuses a claim of a namespace that it may not read. */
  readonly codec: PayloadCodec
  /** What the answers may hold together. */
  readonly maxDecodedBytes: number
  /** Answers a claim with a reference that the Temporal UI can show, and downloads nothing. */
  readonly keepsReferences: boolean
}

export type DecodeOutcome = { readonly decoded: PayloadJson } | { readonly error: CodedError }

/**
 * Decodes each payload by itself, so that one that cannot be decoded hides no other. What the
 * request holds comes first, one after the other: how large it is shows only when it is open. What a
 * claim will bring, the claim says, so those that fit are fetched side by side.
 */
export async function decodeEach(
  payloads: readonly PayloadJson[],
  options: DecodeOptions,
): Promise<DecodeOutcome[]> {
  const budget = new DecodeBudget(options.maxDecodedBytes)
  const begun: (() => Promise<DecodeOutcome>)[] = []
  for (const json of payloads) {
    const payload = fromPayloadJson(json)
    if (isClaimPayload(payload)) {
      begun.push(async () => outcomeOf(async () => decodeClaim(json, payload, budget, options)))
    } else {
      const outcome = await outcomeOf(async () => decodeInline(json, payload, budget, options))
      begun.push(async () => outcome)
    }
  }
  return Promise.all(begun.map(async (outcome) => outcome()))
}

async function decodeClaim(
  json: PayloadJson,
  payload: Payload,
  budget: DecodeBudget,
  options: DecodeOptions,
): Promise<PayloadJson> {
  const { sizeBytes } = parseClaimPayload(payload)
  if (options.keepsReferences) return toStorageReference(json, sizeBytes)
  budget.take(sizeBytes)
  return toPayloadJson(await decodeOne(payload, options))
}

async function decodeInline(
  json: PayloadJson,
  payload: Payload,
  budget: DecodeBudget,
  options: DecodeOptions,
): Promise<PayloadJson> {
  const decoded = await decodeOne(payload, options)
  budget.take(payloadBytes(decoded))
  // What is not ours goes back as it came, to the byte.
  return decoded === payload ? json : toPayloadJson(decoded)
}

async function decodeOne(payload: Payload, { codec }: DecodeOptions): Promise<Payload> {
  const [decoded] = await codec.decode([payload])
  if (decoded === undefined) throw new TypeError('the codec lost a payload')
  return decoded
}

async function outcomeOf(work: () => Promise<PayloadJson>): Promise<DecodeOutcome> {
  try {
    return { decoded: await work() }
  } catch (error) {
    return { error: toCodedError(error) }
  }
}

/** Bytes that the answers of one request may still take. */
class DecodeBudget {
  readonly #maxBytes: number
  #leftBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#leftBytes = maxBytes
  }

  /** Throws `PAYLOAD_TOO_LARGE`, and takes nothing then. */
  take(bytes: number): void {
    if (bytes > this.#leftBytes) {
      throw new ClaimCheckError(
        'PAYLOAD_TOO_LARGE',
        `A payload of ${bytes} bytes is over the ${this.#leftBytes} bytes left of the ${this.#maxBytes} that one answer may hold`,
        { remedy: 'Ask for it alone or from the store, or raise maxDecodedBytes.' },
      )
    }
    this.#leftBytes -= bytes
  }
}
