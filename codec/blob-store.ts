import { blobKey } from './blob-key.ts'
import { ByteCache } from './byte-cache.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import type { Claim } from './claim.ts'
import { digestOf, type Digest } from './digest.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import { generationOf, type Generation } from './generation.ts'
import type { ObjectKey, ObjectStore } from './object-store.ts'
import { RecentMap } from './recent-map.ts'
import { SingleFlight } from './single-flight.ts'

export interface BlobStoreOptions {
  readonly store: ObjectStore
  readonly namespace: string
  readonly clock: () => Date
  /** Bytes of envelopes kept in memory. */
  readonly cacheBytes: number
}

export interface SavedBlob {
  readonly key: ObjectKey
  readonly digest: Digest
  readonly generation: Generation
  readonly sizeBytes: number
  readonly storedBytes: number
}

/** About 150 bytes each. */
const KNOWN_BLOBS = 20_000
const CONTENT_TYPE = 'application/vnd.claimcheck.envelope'

/**
 * Blobs by their content. Saving the same bytes twice in one generation makes one object, and no
 * second upload as long as this process remembers it; so encoding again, as a replay does, is cheap
 * and leaves nothing new. Reading verifies length and digest every time, out of the cache too.
 */
export class BlobStore {
  readonly #store: ObjectStore
  readonly #namespace: string
  readonly #clock: () => Date
  /** Envelopes, not plain bytes: smaller, and never handed out, so nobody can write into them. */
  readonly #cache: ByteCache
  /** Key → stored bytes of blobs seen in the store. */
  readonly #known = new RecentMap<number>(KNOWN_BLOBS)
  readonly #saving = new SingleFlight<number>()
  readonly #loading = new SingleFlight<Uint8Array>()

  constructor(options: BlobStoreOptions) {
    this.#store = options.store
    this.#namespace = options.namespace
    this.#clock = options.clock
    this.#cache = new ByteCache(options.cacheBytes)
  }

  get bucket(): string {
    return this.#store.bucket
  }

  /** `facts` are for the operator: ASCII names and values beside the object, of its first writer. */
  async save(plain: Uint8Array, facts: Readonly<Record<string, string>>): Promise<SavedBlob> {
    const now = this.#clock()
    const digest = await digestOf(plain)
    const generation = generationOf(now)
    const key = blobKey({ namespace: this.#namespace, generation, digest })
    const sizeBytes = plain.byteLength
    const storedBytes =
      this.#known.get(key) ??
      (await this.#saving.run(key, async () => {
        const sealed = await sealEnvelope(plain)
        await this.#store.putIfAbsent(key, sealed, {
          contentType: CONTENT_TYPE,
          metadata: { ...facts, 'plain-bytes': String(sizeBytes), created: now.toISOString() },
        })
        this.#known.set(key, sealed.byteLength)
        this.#cache.set(key, sealed)
        return sealed.byteLength
      }))
    return { key, digest, generation, sizeBytes, storedBytes }
  }

  /** The plain bytes that `claim` stands for. Throws `BLOB_MISSING` and `BLOB_DAMAGED`. */
  async load(claim: Claim): Promise<Uint8Array> {
    const { key, digest } = claim
    const sealed =
      this.#cache.get(key) ?? (await this.#loading.run(key, async () => this.#fetch(claim)))
    const at = { bucket: this.bucket, key }
    try {
      const plain = await openEnvelope(sealed, { maxPlainBytes: claim.sizeBytes, at })
      if (plain.byteLength !== claim.sizeBytes) {
        throw damaged(`expected ${claim.sizeBytes} bytes, got ${plain.byteLength}`, claim, at)
      }
      const actual = await digestOf(plain)
      if (actual !== digest) throw damaged(`expected digest ${digest}, got ${actual}`, claim, at)
      this.#cache.set(key, sealed)
      this.#known.set(key, sealed.byteLength)
      return plain
    } catch (error) {
      // The next try reads the store again, which may have been repaired.
      this.#forget(key)
      throw error
    }
  }

  async #fetch(claim: Claim): Promise<Uint8Array> {
    const { key } = claim
    try {
      return await this.#store.get(key)
    } catch (error) {
      if (!(error instanceof ClaimCheckError) || error.code !== 'OBJECT_MISSING') throw error
      this.#forget(key)
      throw new ClaimCheckError('BLOB_MISSING', 'The blob of a claim is not in the store', {
        remedy: 'Put the object back under its key; a workflow that waits for it then goes on.',
        at: { ...placeOf(this.bucket, claim), sizeBytes: claim.sizeBytes },
        cause: error,
      })
    }
  }

  #forget(key: ObjectKey): void {
    this.#cache.delete(key)
    this.#known.delete(key)
  }
}

/** Names the bucket the claim was written to as well, where it is another one. */
function placeOf(bucket: string, claim: Claim): Record<string, string> {
  const { key } = claim
  return claim.bucket === bucket ? { bucket, key } : { bucket, key, writtenTo: claim.bucket }
}

function damaged(what: string, claim: Claim, at: Record<string, string>): ClaimCheckError {
  return new ClaimCheckError('BLOB_DAMAGED', `The blob is damaged: ${what}`, {
    remedy: 'Restore the object from a copy or a backup under the same key.',
    at: { ...at, storedBytes: claim.storedBytes },
  })
}
