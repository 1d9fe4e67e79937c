import { blobKey } from './blob-key.ts'
import type { BlobCache } from './blob-cache.ts'
import type { BlobClaim } from './blob-claim.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import { toClaimTrouble } from './claim-trouble.ts'
import { digestOf, type Digest } from './digest.ts'
import { generationOf, type Generation } from './generation.ts'
import type { CodecListener } from './codec-event.ts'
import type { CallOptions, ObjectKey } from './object-store.ts'
import { operatorFacts } from './operator-facts.ts'
import { RecentMap } from './recent-map.ts'
import { sealEnvelope } from './seal-envelope.ts'
import type { SealedObjects } from './sealed-objects.ts'
import type { SealingKey } from './sealing-keys.ts'
import { SingleFlight } from './single-flight.ts'

export interface BlobStoreOptions {
  readonly objects: SealedObjects
  readonly namespace: string
  readonly clock: () => Date
  readonly cache: BlobCache
  readonly onEvent: CodecListener
}

export interface SavedBlob {
  readonly key: ObjectKey
  readonly digest: Digest
  readonly generation: Generation
  readonly sizeBytes: number
  readonly storedBytes: number
}

/** Blobs of this size are looked for before they are sent: the question is then the smaller cost. */
const lookFirstBytes = 1024 * 1024
/** About 150 bytes each. */
const knownBlobs = 20_000
/**
 * How long a blob that was seen whole counts as whole without a look: a replay encodes the same
 * arguments in one go, while an object that somebody damages or deletes is soon found out.
 */
const knownForMs = 30_000

/**
 * Blobs by their content. Saving the same bytes twice in one generation makes one object, and no
 * second upload as long as this process remembers it; so encoding again, as a replay does, is cheap
 * and leaves nothing new. Reading verifies length and digest every time, out of the cache too.
 */
export class BlobStore {
  readonly #objects: SealedObjects
  readonly #namespace: string
  readonly #clock: () => Date
  /** Envelopes, not plain bytes: smaller, and never handed out, so nobody can write into them. */
  readonly #cache: BlobCache
  readonly #onEvent: CodecListener
  readonly #known = new RecentMap<{ readonly storedBytes: number; readonly seenAtMs: number }>(
    knownBlobs,
  )
  readonly #saving = new SingleFlight<number>(mayBeOwnTrouble)
  readonly #loading = new SingleFlight<Uint8Array>(mayBeOwnTrouble)

  constructor(options: BlobStoreOptions) {
    this.#objects = options.objects
    this.#namespace = options.namespace
    this.#clock = options.clock
    this.#cache = options.cache
    this.#onEvent = options.onEvent
  }

  get bucket(): string {
    return this.#objects.store.bucket
  }

  /** `plain` in pieces; what else is said of it is for the operator. */
  async save(
    plain: readonly Uint8Array[],
    sealingKey: SealingKey | undefined,
    about: { readonly encoding: string; readonly workflowId: string | undefined },
    call: CallOptions,
  ): Promise<SavedBlob> {
    const now = this.#clock()
    const digest = await digestOf(plain, sealingKey)
    const generation = generationOf(now)
    const key = blobKey({ namespace: this.#namespace, generation, digest })
    const sizeBytes = plain.reduce((sum, piece) => sum + piece.byteLength, 0)
    const knownBytes = this.#knownBytes(key, now)
    if (knownBytes !== undefined) this.#onEvent({ kind: 'deduplicated', plainBytes: sizeBytes })
    const storedBytes =
      knownBytes ??
      (await this.#saving.run(key, call.signal, async () => {
        const wholeBytes =
          sizeBytes < lookFirstBytes ? undefined : await this.#wholeBytes(key, call)
        if (wholeBytes !== undefined) {
          this.#onEvent({ kind: 'deduplicated', plainBytes: sizeBytes })
          return wholeBytes
        }
        const sealed = await sealEnvelope(plain, sealingKey)
        const facts = operatorFacts({ ...about, namespace: this.#namespace, now })
        await this.#objects.write(key, sealed, { digest, sizeBytes }, facts, call)
        this.#onEvent({ kind: 'parked', plainBytes: sizeBytes, storedBytes: sealed.byteLength })
        this.#seen(key, sealed.byteLength)
        await this.#cache.set(key, sealed)
        return sealed.byteLength
      }))
    return { key, digest, generation, sizeBytes, storedBytes }
  }

  /** The plain bytes that `claim` stands for. Throws `BLOB_MISSING` and `BLOB_DAMAGED`. */
  async load(claim: BlobClaim, call: CallOptions): Promise<Uint8Array> {
    const { key } = claim
    const cached = await this.#cache.get(key)
    if (cached !== undefined) {
      try {
        const plain = await this.#open(cached, claim)
        this.#onEvent({ kind: 'cached', storedBytes: cached.byteLength })
        return plain
      } catch {
        // Files on a disk can be damaged too; the store has the last word.
        await this.#forget(key)
      }
    }
    const sealed = await this.#loading.run(key, call.signal, async () => this.#fetch(claim, call))
    try {
      const plain = await this.#open(sealed, claim)
      this.#onEvent({ kind: 'fetched', storedBytes: sealed.byteLength })
      this.#seen(key, sealed.byteLength)
      await this.#cache.set(key, sealed)
      return plain
    } catch (error) {
      // The next try reads the store again, which may have been repaired.
      await this.#forget(key)
      throw error
    }
  }

  async #open(sealed: Uint8Array, claim: BlobClaim): Promise<Uint8Array> {
    return this.#objects.open(sealed, claim, placeOf(this.bucket, claim))
  }

  async #fetch(claim: BlobClaim, call: CallOptions): Promise<Uint8Array> {
    try {
      return await this.#objects.fetch(claim.key, claim, call)
    } catch (error) {
      await this.#forget(claim.key)
      const at = { ...placeOf(this.bucket, claim), sizeBytes: claim.sizeBytes }
      throw toClaimTrouble(error, at)
    }
  }

  /** Saves a worker that replays after a restart to compress and send what is there. */
  async #wholeBytes(key: ObjectKey, call: CallOptions): Promise<number | undefined> {
    try {
      const storedBytes = await this.#objects.wholeBytes(key, call)
      if (storedBytes !== undefined) this.#seen(key, storedBytes)
      return storedBytes
    } catch (error) {
      // Those who may write but not list are not told that an object is missing.
      if (error instanceof ClaimCheckError && error.code === 'STORE_DENIED') return undefined
      throw error
    }
  }

  #knownBytes(key: ObjectKey, now: Date): number | undefined {
    const known = this.#known.get(key)
    if (known === undefined || now.getTime() - known.seenAtMs > knownForMs) return undefined
    return known.storedBytes
  }

  /** In the store, that is: what comes out of the cache says nothing about it. */
  #seen(key: ObjectKey, storedBytes: number): void {
    this.#known.set(key, { storedBytes, seenAtMs: this.#clock().getTime() })
  }

  async #forget(key: ObjectKey): Promise<void> {
    this.#known.delete(key)
    await this.#cache.delete(key)
  }
}

/** Names the bucket the claim was written to as well, where it is another one. */
function placeOf(bucket: string, { key, ...claim }: BlobClaim): Record<string, string> {
  return claim.bucket === bucket ? { bucket, key } : { bucket, key, writtenTo: claim.bucket }
}

/** A call that was cancelled, or whose time was over, says nothing of those that joined it. */
function mayBeOwnTrouble(error: unknown): boolean {
  return !(error instanceof ClaimCheckError) || error.retryable
}
