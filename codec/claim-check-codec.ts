import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common'
import { BlobStore } from './blob-store.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import { isClaimPayload, parseClaimPayload, toClaimPayload } from './claim-payload.ts'
import { toCodecFailure } from './codec-failure.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { escapeKeySegment } from './key-segment.ts'
import type { ObjectStore } from './object-store.ts'
import {
  deserializePayload,
  payloadBytes,
  payloadEncoding,
  serializePayload,
} from './payload-bytes.ts'

export interface ClaimCheckCodecOptions {
  readonly store: ObjectStore
  /** The Temporal namespace; blobs are shared within it. */
  readonly namespace: string
  /** Payloads of more bytes, metadata included, go to the store. @default 131_072 (128 KiB) */
  readonly thresholdBytes?: number
  /** Larger payloads are refused. @default 1_073_741_824 (1 GiB) */
  readonly maxPayloadBytes?: number
  /** Memory for blobs lately read or written. @default 67_108_864 (64 MiB) */
  readonly cacheBytes?: number
  /** Blobs on their way at once, over all calls. @default 16 */
  readonly concurrency?: number
  /** Tells the week a blob belongs to. @default () => new Date() */
  readonly clock?: () => Date
}

const MIN_THRESHOLD_BYTES = 1024

/**
 * The claim check: payloads above a threshold go to the object store, and a claim of a few hundred
 * bytes goes into history. Everything else passes untouched, claims too, so encoding twice is
 * encoding once. Order and number of payloads never change.
 *
 *     const codec = new ClaimCheckCodec({ store, namespace: 'default' })
 *     new Client({ connection, dataConverter: { payloadCodecs: [codec] } })
 *
 * Errors are `ClaimCheckError`s; see `toCodecFailure` for what an activity sees.
 */
export class ClaimCheckCodec implements PayloadCodec {
  readonly #blobs: BlobStore
  readonly #namespace: string
  readonly #thresholdBytes: number
  readonly #maxPayloadBytes: number
  readonly #limit: ConcurrencyLimit

  constructor(options: ClaimCheckCodecOptions) {
    const { store, namespace } = options
    this.#namespace = escapeKeySegment(namespace)
    this.#thresholdBytes = options.thresholdBytes ?? 128 * 1024
    this.#maxPayloadBytes = options.maxPayloadBytes ?? 1024 ** 3
    this.#limit = new ConcurrencyLimit(options.concurrency ?? 16)
    if (this.#thresholdBytes < MIN_THRESHOLD_BYTES) {
      throw new RangeError(`thresholdBytes must be at least ${MIN_THRESHOLD_BYTES}`)
    }
    this.#blobs = new BlobStore({
      store,
      namespace,
      clock: options.clock ?? (() => new Date()),
      cacheBytes: options.cacheBytes ?? 64 * 1024 ** 2,
    })
  }

  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    // All are looked at first: where one cannot pass, nothing of the list is sent.
    const isParked = payloads.map((payload, index) => this.#isParked(payload, index, context))
    return this.#each(payloads, context, async (payload, index) => {
      if (isParked[index] !== true) return payload
      return this.#limit.run(async () => this.#park(payload, context))
    })
  }

  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return this.#each(payloads, context, async (payload) => {
      if (!isClaimPayload(payload)) return payload
      const claim = parseClaimPayload(payload)
      const { sizeBytes, key } = claim
      // A little more than the limit: serialized, a payload is longer than its parts.
      if (sizeBytes > this.#maxPayloadBytes + MIN_THRESHOLD_BYTES) {
        throw this.#tooLarge(sizeBytes, { bucket: this.#blobs.bucket, key })
      }
      return this.#limit.run(async () => deserializePayload(await this.#blobs.load(claim)))
    })
  }

  #isParked(payload: Payload, index: number, context: SerializationContext | undefined): boolean {
    const sizeBytes = payloadBytes(payload)
    if (sizeBytes <= this.#thresholdBytes || isClaimPayload(payload)) return false
    if (sizeBytes <= this.#maxPayloadBytes) return true
    const encoding = payloadEncoding(payload)
    throw toCodecFailure(this.#tooLarge(sizeBytes, { payload: index, encoding }), context)
  }

  async #park(payload: Payload, context: SerializationContext | undefined): Promise<Payload> {
    const encoding = payloadEncoding(payload)
    const saved = await this.#blobs.save(serializePayload(payload), {
      namespace: this.#namespace,
      encoding: escapeKeySegment(encoding).slice(0, 128),
      ...(context?.workflowId === undefined
        ? {}
        : { 'workflow-id': escapeKeySegment(context.workflowId).slice(0, 512) }),
    })
    return toClaimPayload({
      ...saved,
      kind: 'blob',
      bucket: this.#blobs.bucket,
      encoding: encoding.slice(0, 64),
    })
  }

  /**
   * Waits for all before it fails, so that no work goes on unseen, and what was stored by then is
   * known at the next try.
   */
  async #each(
    payloads: Payload[],
    context: SerializationContext | undefined,
    work: (payload: Payload, index: number) => Promise<Payload>,
  ): Promise<Payload[]> {
    const settled = await Promise.allSettled(payloads.map(work))
    return settled.map((outcome) => {
      if (outcome.status === 'fulfilled') return outcome.value
      throw toCodecFailure(outcome.reason, context)
    })
  }

  #tooLarge(sizeBytes: number, at: Readonly<Record<string, string | number>>): ClaimCheckError {
    const limitBytes = this.#maxPayloadBytes
    return new ClaimCheckError(
      'PAYLOAD_TOO_LARGE',
      `A payload of ${sizeBytes} bytes is over the limit of ${limitBytes} bytes`,
      {
        remedy:
          'Stream it to the store from an activity and return a reference, or raise maxPayloadBytes.',
        at,
      },
    )
  }
}
