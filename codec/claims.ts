import type { Readable } from 'node:stream'
import { asyncLocalStorage, type Context } from '@temporalio/activity'
import { byteStream } from './byte-stream.ts'
import { defaultTimeouts, placeOfCall } from './call-place.ts'
import { sharedCircuit } from './circuit-breaker.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import type { ClaimCheckCodecOptions } from './claim-check-codec-options.ts'
import { claimForeign, toClaimTrouble } from './claim-trouble.ts'
import { parseClaim, type Claim, type ValueEncoding } from './claim.ts'
import type { ObjectKey, ObjectStore } from './object-store.ts'
import { openPieces } from './open-envelope.ts'
import { operatorFacts } from './operator-facts.ts'
import { PlainMeter } from './plain-meter.ts'
import { resumedStream } from './resumed-stream.ts'
import { sealEnvelope, sealPieces } from './seal-envelope.ts'
import {
  requireFacts,
  sealedContentType,
  SealedObjects,
  type PlainFacts,
} from './sealed-objects.ts'
import { SealingKeys } from './sealing-keys.ts'
import { withinPlace } from './within-place.ts'
import { piecesToValue, valueToPieces } from './value-bytes.ts'
import { valueKey, type ValueOwner } from './value-key.ts'
import { emitWarning } from './warning.ts'

export type ClaimsOptions = Pick<
  ClaimCheckCodecOptions,
  'store' | 'namespace' | 'readableNamespaces' | 'encryption' | 'onWarning' | 'clock'
>

export interface StreamOptions {
  /** Hears how many bytes have passed; the place for a heartbeat. */
  readonly onProgress?: ((plainBytes: number) => void) | undefined
}

/**
 * Claim values: an activity parks a value or a stream and returns the claim; workflows pass it on;
 * the next activity fetches it. Give it the store, the namespace and the keys that the codec has.
 *
 *     const claims = createClaims({ store, namespace: 'default' })
 *     export async function download(url: string): Promise<Claim<Uint8Array>> {
 *       const { body } = await fetch(url)
 *       return claims.parkStream(Readable.fromWeb(body))
 *     }
 */
export class Claims {
  readonly #store: ObjectStore
  readonly #objects: SealedObjects
  readonly #keys: SealingKeys
  readonly #namespace: string
  readonly #namespaces: ReadonlySet<string>
  readonly #clock: () => Date
  /** Streams that each attempt of an activity has parked. */
  readonly #streams = new WeakMap<Context, number>()

  constructor(options: ClaimsOptions) {
    const { namespace } = options
    this.#namespace = namespace
    this.#namespaces = new Set([namespace, ...(options.readableNamespaces ?? [])])
    this.#keys = new SealingKeys(options.encryption, namespace)
    this.#store = sharedCircuit(options.store)
    this.#objects = new SealedObjects(this.#store, this.#keys, options.onWarning ?? emitWarning)
    this.#clock = options.clock ?? (() => new Date())
  }

  /**
   * Stores a JSON value or bytes under the digest of its content; parking the same again, as a retry
   * does, makes no second object. Holds the envelope in memory, an array's text only in pieces.
   *
   * Throws `VALUE_UNSUPPORTED`, and the errors of the store once waiting does not help.
   */
  async parkValue<T>(value: T): Promise<Claim<T>> {
    const { owner, context } = this.#inActivity()
    const { encoding, pieces } = valueToPieces(value)
    const key = await this.#keys.current()
    const meter = new PlainMeter(key)
    const sealed = await sealEnvelope(meter.watch(pieces), key)
    const facts = meter.facts()
    const objectKey = valueKey(owner, facts.digest)
    const { cancellationSignal: signal } = context
    const place = { ...placeOfCall(undefined, defaultTimeouts), signal }
    await withinPlace(place, sealed.byteLength, this.#store.bucket, async (call) =>
      this.#objects.write(objectKey, sealed, facts, this.#factsFor(owner, encoding), call),
    )
    return this.#claimOf(objectKey, encoding, { ...facts, storedBytes: sealed.byteLength })
  }

  /**
   * Streams bytes of any length into the store; memory stays flat. Each attempt of an activity
   * writes its own object, so one that was given up cannot overwrite another's. The stream is
   * destroyed when this fails; then, or when the activity is cancelled, nothing is left behind.
   */
  async parkStream(stream: Readable, options: StreamOptions = {}): Promise<Claim<Uint8Array>> {
    const { owner, context } = this.#inActivity()
    // Ours from here on: an error that it emits before it is read must not end the process.
    stream.on('error', () => undefined)
    const { activityId, attempt } = context.info
    const count = (this.#streams.get(context) ?? 0) + 1
    this.#streams.set(context, count)
    const key = await this.#keys.current().catch((error: unknown) => {
      stream.destroy()
      throw error
    })
    const meter = new PlainMeter(key)
    const objectKey = valueKey(owner, `${activityId}.${attempt}.${count}`)
    const pieces = sealPieces(meter.watch(stream, options.onProgress), key)
    const body = byteStream(pieces, () => stream.destroy())
    const { sizeBytes: storedBytes } = await this.#store.putStream(objectKey, body, {
      contentType: sealedContentType,
      metadata: this.#factsFor(owner, 'binary/stream'),
      signal: context.cancellationSignal,
    })
    return this.#claimOf(objectKey, 'binary/stream', { ...meter.facts(), storedBytes })
  }

  /** The value of a claim, verified. Of a stream, all its bytes. */
  async fetchValue<T>(claim: Claim<T>): Promise<T> {
    const { encoding, sizeBytes } = parseClaim(claim).claim
    const stream = this.fetchStream(claim)
    return (await piecesToValue(encoding, stream, sizeBytes)) as T
  }

  /**
   * The bytes of a claim, as a stream at flat memory. Each piece is checked before it goes on, the
   * whole by length and digest at its end: where that is wrong, the stream fails. Goes on by itself
   * where the store cuts it off.
   *
   * Fails with `BLOB_MISSING`, `BLOB_DAMAGED`, `ENCRYPTION_KEY_…`, `CLAIM_FOREIGN`.
   */
  fetchStream(value: Claim, options: StreamOptions = {}): Readable {
    const { claim, namespace } = parseClaim(value)
    const at = { bucket: this.#store.bucket, key: claim.key }
    if (!this.#namespaces.has(namespace)) throw claimForeign(at)
    const signal = asyncLocalStorage.getStore()?.cancellationSignal
    const stored = resumedStream(this.#store, claim.key, signal === undefined ? {} : { signal })
    const { onProgress } = options
    const keys = this.#keys
    return byteStream(verified(), () => stored.destroy())

    async function* verified(): AsyncGenerator<Uint8Array, void> {
      requireFacts(yield* passing(), claim, at)
    }

    async function* passing(): AsyncGenerator<Uint8Array, PlainFacts> {
      try {
        const { plain, key } = await openPieces(stored, {
          keys,
          at,
          maxPlainBytes: claim.sizeBytes,
        })
        const meter = new PlainMeter(key)
        yield* meter.watch(plain, onProgress)
        return meter.facts()
      } catch (error) {
        throw toClaimTrouble(error, at)
      }
    }
  }

  #inActivity(): { readonly context: Context; readonly owner: ValueOwner } {
    const context = asyncLocalStorage.getStore()
    if (context === undefined) {
      throw new ClaimCheckError('VALUE_UNSUPPORTED', 'A value was parked outside an activity', {
        remedy: 'Park from within an activity: the value then lives as long as its run.',
      })
    }
    const { workflowExecution, activityId } = context.info
    const { workflowId = activityId, runId = '' } = workflowExecution ?? {}
    return { context, owner: { namespace: this.#namespace, workflowId, runId } }
  }

  #factsFor({ workflowId }: ValueOwner, encoding: ValueEncoding): Record<string, string> {
    return operatorFacts({ namespace: this.#namespace, encoding, workflowId, now: this.#clock() })
  }

  #claimOf<T>(
    key: ObjectKey,
    encoding: ValueEncoding,
    facts: Pick<Claim, 'digest' | 'sizeBytes' | 'storedBytes'>,
  ): Claim<T> {
    return { claim: 1, kind: 'value', bucket: this.#store.bucket, key, ...facts, encoding }
  }
}

export function createClaims(options: ClaimsOptions): Claims {
  return new Claims(options)
}
