import { createHash, createHmac, hkdfSync, type Hash, type Hmac } from 'node:crypto'
import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import { requireUsableKey, type EncryptionKeys } from './encryption-keys.ts'

/** What one envelope is sealed with; of use for its namespace only. */
export interface EnvelopeKey {
  readonly key: Uint8Array
  /** Stands in the header, and tells a wrong key from a damaged envelope. */
  readonly check: Uint8Array
}

export const saltBytes = 16
export const keyCheckBytes = 4
const digestInfo = 'claimcheck digest 1 '
const envelopeInfo = 'claimcheck envelope 1 '

/**
 * One key, as used in one namespace. Everything is derived by HKDF-SHA-256 (RFC 5869) with the
 * namespace in its info, so neither a ciphertext nor a digest has a meaning in another namespace.
 */
export class SealingKey {
  readonly id: string
  readonly #key: Uint8Array
  readonly #namespace: string
  readonly #digestKey: Uint8Array

  constructor(id: string, key: Uint8Array, namespace: string) {
    this.id = id
    this.#key = key
    this.#namespace = namespace
    this.#digestKey = new Uint8Array(hkdfSync('sha256', key, '', digestInfo + namespace, 32))
  }

  /** HMAC-SHA-256: says nothing about the bytes to whoever has not the key. */
  openDigest(): Hmac {
    return createHmac('sha256', this.#digestKey)
  }

  /** A key of its own for each salt, so that the frames' numbers can be their nonces. */
  envelopeKey(salt: Uint8Array): EnvelopeKey {
    const info = envelopeInfo + this.#namespace
    const derived = new Uint8Array(hkdfSync('sha256', this.#key, salt, info, 32 + keyCheckBytes))
    return { key: derived.subarray(0, 32), check: derived.subarray(32) }
  }
}

/** The keys of a codec as its namespace uses them; without any, nothing is encrypted. */
export class SealingKeys {
  readonly #keys: EncryptionKeys | undefined
  readonly #namespace: string
  readonly #known = new Map<string, SealingKey>()

  constructor(keys: EncryptionKeys | undefined, namespace: string) {
    this.#keys = keys
    this.#namespace = namespace
  }

  get areGiven(): boolean {
    return this.#keys !== undefined
  }

  /** What is written with; undefined where nothing is encrypted. */
  async current(): Promise<SealingKey | undefined> {
    if (this.#keys === undefined) return undefined
    return this.find(await this.#keys.current(), {})
  }

  /** Throws `ENCRYPTION_KEY_MISSING` and `ENCRYPTION_KEYS_INVALID`. */
  async find(id: string, at: ErrorPlace): Promise<SealingKey> {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const key = await this.#keys?.find(id)
    if (key === undefined) {
      const whatIsHere =
        this.#keys === undefined ? 'this process has no keys' : 'this process has other keys'
      throw new ClaimCheckError(
        'ENCRYPTION_KEY_MISSING',
        `A payload is encrypted with the key ${id}, and ${whatIsHere}`,
        { remedy: 'Give this worker or client the key of that id, beside the current one.', at },
      )
    }
    requireUsableKey(id, key)
    const sealingKey = new SealingKey(id, key, this.#namespace)
    this.#known.set(id, sealingKey)
    return sealingKey
  }
}

/** Plain SHA-256, or keyed where there is a key. */
export function openDigest(key: SealingKey | undefined): Hash | Hmac {
  return key === undefined ? createHash('sha256') : key.openDigest()
}
