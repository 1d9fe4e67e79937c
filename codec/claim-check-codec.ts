import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common'
import { createBlobCache } from './blob-cache.ts'
import type { BlobClaim } from './blob-claim.ts'
import { parseBlobKey } from './blob-key.ts'
import { BlobStore } from './blob-store.ts'
import { defaultTimeouts, placeOfCall, type CallPlace, type Timeouts } from './call-place.ts'
import { sharedCircuit } from './circuit-breaker.ts'
import type { ClaimCheckCodecOptions } from './claim-check-codec-options.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import { isClaimPayload, parseClaimPayload, toClaimPayload } from './claim-payload.ts'
import { claimForeign } from './claim-trouble.ts'
import { toCodecFailure } from './codec-failure.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { InlineBudget } from './inline-budget.ts'
import { planPayloads, type PayloadPlan } from './payload-plan.ts'
import type { CallOptions } from './object-store.ts'
import { deserializePayload, payloadEncoding, serializePayload } from './payload-bytes.ts'
import { SealedObjects } from './sealed-objects.ts'
import { isSealedPayload, openSealedPayload } from './sealed-payload.ts'
import { SealingKeys, type SealingKey } from './sealing-keys.ts'
import { emitWarning } from './warning.ts'
import { withinPlace } from './within-place.ts'

const minThresholdBytes = 1024
/** For one field, of which the server takes 2 MiB, and for one message, of which it takes 4. */
const inlineBytes = 1024 * 1024

/**
 * The claim check: payloads above a threshold go to the object store, and a claim of a few hundred
 * bytes goes into history. What stays is compressed where that saves, and encrypted where keys are
 * given. Everything else passes untouched, claims too, so encoding twice is encoding once. Order and
 * number of payloads never change.
 *
 *     const codec = new ClaimCheckCodec({ store, namespace: 'default' })
 *     new Client({ connection, dataConverter: { payloadCodecs: [codec] } })
 *
 * Errors are `ClaimCheckError`s; see `toCodecFailure` for what an activity sees.
 */
export class ClaimCheckCodec implements PayloadCodec {
  readonly #blobs: BlobStore
  readonly #keys: SealingKeys
  readonly #namespaces: ReadonlySet<string>
  readonly #plan: { readonly thresholdBytes: number; readonly compressBytes: number }
  readonly #maxPayloadBytes: number
  readonly #limit: ConcurrencyLimit
  /** Of its own, so that activities that wait for a dead store keep no workflow task waiting. */
  readonly #patientLimit: ConcurrencyLimit
  readonly #budget = new InlineBudget(inlineBytes)
  readonly #timeouts: Timeouts

  constructor(options: ClaimCheckCodecOptions) {
    const { namespace, thresholdBytes = 128 * 1024, compressBytes = 4096 } = options
    if (thresholdBytes < minThresholdBytes) {
      throw new RangeError(`thresholdBytes must be at least ${minThresholdBytes}`)
    }
    this.#namespaces = new Set([namespace, ...(options.readableNamespaces ?? [])])
    this.#plan = { thresholdBytes, compressBytes }
    this.#maxPayloadBytes = options.maxPayloadBytes ?? 1024 ** 3
    const { concurrency = 16 } = options
    this.#limit = new ConcurrencyLimit(concurrency)
    this.#patientLimit = new ConcurrencyLimit(concurrency)
    this.#timeouts = {
      taskTimeoutMs: options.taskTimeoutMs ?? defaultTimeouts.taskTimeoutMs,
      activityTimeoutMs: options.activityTimeoutMs ?? defaultTimeouts.activityTimeoutMs,
    }
    this.#keys = new SealingKeys(options.encryption, namespace)
    const store = sharedCircuit(options.store)
    const onWarning = options.onWarning ?? emitWarning
    this.#blobs = new BlobStore({
      objects: new SealedObjects(store, this.#keys, onWarning),
      namespace,
      clock: options.clock ?? (() => new Date()),
      cache: createBlobCache(options, onWarning),
      onEvent: options.onEvent ?? (() => undefined),
    })
  }

  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    const place = placeOfCall(context, this.#timeouts)
    const inline = this.#budget.open(place.burst)
    try {
      const key = await this.#keys.current()
      // All are looked at first: where one cannot pass, nothing of the list is sent.
      for (const [index, payload] of payloads.entries()) this.#refuseTooLarge(payload, index)
      const { compressBytes } = this.#plan
      const thresholdBytes = Math.min(this.#plan.thresholdBytes, place.inlineBytes)
      const leftBytes = inline.leftBytes()
      const plans = planPayloads(payloads, { thresholdBytes, compressBytes, key, leftBytes })
      inline.use(plans.reduce((sum, plan) => sum + plan.inlineBytes, 0))
      const parkedBytes = plans.reduce((sum, plan) => sum + plan.parkedBytes, 0)
      return await this.#run(place, parkedBytes, plans, async (plan, call) => {
        // What stays inline waits for nobody, however slow the store is.
        if (plan.parkedBytes === 0) return plan.payload
        return this.#withinLimit(call, async () => this.#park(plan, key, context, call))
      })
    } catch (error) {
      throw toCodecFailure(error, context)
    } finally {
      inline.close()
    }
  }

  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    try {
      const place = placeOfCall(context, this.#timeouts)
      const claims = payloads.map((payload) => this.#claimIn(payload))
      const claimedBytes = claims.reduce((sum, claim) => sum + (claim?.sizeBytes ?? 0), 0)
      return await this.#run(place, claimedBytes, payloads, async (payload, call, index) => {
        const claim = claims[index]
        if (claim !== undefined) {
          return this.#withinLimit(call, async () => this.#fetch(claim, call))
        }
        if (!isSealedPayload(payload)) return payload
        return openSealedPayload(payload, {
          keys: this.#keys,
          maxPlainBytes: this.#maxPayloadBytes,
        })
      })
    } catch (error) {
      throw toCodecFailure(error, context)
    }
  }

  /** A claim that may be followed: of this namespace, and within the ceiling. */
  #claimIn(payload: Payload): BlobClaim | undefined {
    if (!isClaimPayload(payload)) return undefined
    const claim = parseClaimPayload(payload)
    const { sizeBytes, key } = claim
    const at = { bucket: this.#blobs.bucket, key }
    if (sizeBytes > this.#maxPayloadBytes) throw this.#tooLarge(sizeBytes, at)
    const owner = parseBlobKey(key)?.namespace
    if (owner !== undefined && this.#namespaces.has(owner)) return claim
    throw claimForeign(at)
  }

  async #withinLimit<T>(call: CallOptions, work: () => Promise<T>): Promise<T> {
    return (call.patient === true ? this.#patientLimit : this.#limit).run(work, call.signal)
  }

  #refuseTooLarge(payload: Payload, index: number): void {
    // As it will be stored, so that what can be written can be read.
    const sizeBytes = serializePayload(payload).reduce((sum, piece) => sum + piece.byteLength, 0)
    if (sizeBytes <= this.#maxPayloadBytes) return
    throw this.#tooLarge(sizeBytes, { payload: index, encoding: payloadEncoding(payload) })
  }

  async #fetch(claim: BlobClaim, call: CallOptions): Promise<Payload> {
    const plain = await this.#blobs.load(claim, call)
    try {
      return deserializePayload(plain)
    } catch (cause) {
      throw new ClaimCheckError('CLAIM_MALFORMED', 'The bytes of a claim are no payload', {
        remedy: 'Find out what wrote it; claims are made by this codec only.',
        at: { bucket: this.#blobs.bucket, key: claim.key },
        cause,
      })
    }
  }

  async #park(
    { payload }: PayloadPlan,
    key: SealingKey | undefined,
    context: SerializationContext | undefined,
    call: CallOptions,
  ): Promise<Payload> {
    const encoding = payloadEncoding(payload)
    const facts = { encoding, workflowId: context?.workflowId }
    const saved = await this.#blobs.save(serializePayload(payload), key, facts, call)
    return toClaimPayload({
      ...saved,
      kind: 'blob',
      bucket: this.#blobs.bucket,
      encoding: readable(encoding),
    })
  }

  /**
   * Works on all pieces within the time that the place and the bytes allow. Waits for all before it
   * fails, so that no work goes on unseen, and what was stored by then is known at the next try.
   */
  async #run<T>(
    place: CallPlace,
    bytes: number,
    pieces: readonly T[],
    work: (piece: T, call: CallOptions, index: number) => Promise<Payload>,
  ): Promise<Payload[]> {
    return withinPlace(place, bytes, this.#blobs.bucket, async (call) => {
      const settled = await Promise.allSettled(
        pieces.map(async (piece, index) => work(piece, call, index)),
      )
      return settled.map((outcome) => {
        if (outcome.status === 'fulfilled') return outcome.value
        throw outcome.reason
      })
    })
  }

  #tooLarge(sizeBytes: number, at: Readonly<Record<string, string | number>>): ClaimCheckError {
    const limitBytes = this.#maxPayloadBytes
    return new ClaimCheckError(
      'PAYLOAD_TOO_LARGE',
      `A payload of ${sizeBytes} bytes is over the limit of ${limitBytes} bytes`,
      {
        remedy:
          'Stream it to the store from an activity (parkStream) and return the claim, or raise maxPayloadBytes.',
        at,
      },
    )
  }
}

/** For people, so that no encoding, whatever bytes it is of, makes a claim too long. */
function readable(encoding: string): string {
  return encoding.slice(0, 64).replace(/[^ -~]/g, '?')
}
