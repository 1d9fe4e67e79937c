import { createHash } from 'node:crypto'
import { visitSlices } from './byte-slices.ts'
import { ClaimCheckError, type ClaimCheckErrorCode } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import { digestOf, type Digest } from './digest.ts'
import { damaged } from './envelope-header.ts'
import type { CallOptions, ObjectHead, ObjectKey, ObjectStore } from './object-store.ts'
import { openEnvelope } from './open-envelope.ts'
import { mostSealedBytes } from './seal-envelope.ts'
import type { SealingKeys } from './sealing-keys.ts'
import type { WarningListener } from './warning.ts'

/** What the plain bytes of a sealed object must be. */
export interface PlainFacts {
  readonly digest: Digest
  readonly sizeBytes: number
}

export const sealedContentType = 'application/vnd.claimcheck.envelope'
/** Larger objects go up in parts, and their etag is then no MD5. */
const mostMd5Bytes = 16 * 1024 * 1024
/** What makes an object one to be written again, rather than a store one to be asked again. */
const damageCodes: readonly ClaimCheckErrorCode[] = [
  'BLOB_DAMAGED',
  'ENCRYPTION_KEY_WRONG',
  'OBJECT_MISSING',
  'OBJECT_TOO_LARGE',
]

/** Envelopes in the store whose key says what is in them. */
export class SealedObjects {
  readonly store: ObjectStore
  readonly #keys: SealingKeys
  readonly #onWarning: WarningListener

  constructor(store: ObjectStore, keys: SealingKeys, onWarning: WarningListener) {
    this.store = store
    this.#keys = keys
    this.#onWarning = onWarning
  }

  /**
   * Writes the object unless it is there. One that is there but not whole is written again, and that
   * is told. `facts` are for the operator: ASCII names and values, of the first writer.
   */
  async write(
    key: ObjectKey,
    sealed: Uint8Array,
    plain: PlainFacts,
    facts: Readonly<Record<string, string>>,
    call: CallOptions,
  ): Promise<void> {
    const plainFacts = { 'plain-bytes': String(plain.sizeBytes) }
    const metadata = { ...facts, ...plainFacts, ...(await storedFactsOf(sealed)) }
    const options = { contentType: sealedContentType, metadata, ...call }
    if ((await this.store.putIfAbsent(key, sealed, options)) === 'written') return
    const trouble = await this.#troubleWith(key, plain, call)
    if (trouble === undefined) return
    await this.store.put(key, sealed, options)
    this.#onWarning({
      code: 'BLOB_HEALED',
      message: `An object was there but not whole, and was written again: ${trouble}`,
    })
  }

  /** How many bytes the object has, if it is there and as its writer left it. */
  async wholeBytes(key: ObjectKey, call: CallOptions): Promise<number | undefined> {
    const head = await this.store.head(key, call)
    return head !== undefined && isAsWritten(head) ? head.sizeBytes : undefined
  }

  /** The plain bytes, checked by length and digest. Throws `BLOB_DAMAGED` and `ENCRYPTION_KEY_…`. */
  async open(sealed: Uint8Array, plain: PlainFacts, at: ErrorPlace): Promise<Uint8Array> {
    const options = { keys: this.#keys, at, maxPlainBytes: plain.sizeBytes }
    const { plain: bytes, key } = await openEnvelope(sealed, options)
    const actual = { sizeBytes: bytes.byteLength, digest: await digestOf(bytes, key) }
    requireFacts(actual, plain, at)
    return bytes
  }

  /** The envelope as it lies in the store, refused where it is longer than any of that size. */
  async fetch(key: ObjectKey, { sizeBytes }: PlainFacts, call: CallOptions): Promise<Uint8Array> {
    return this.store.get(key, { ...call, maxBytes: mostSealedBytes(sizeBytes) })
  }

  /** What is wrong with an object that is there already; nothing, mostly, and one question tells. */
  async #troubleWith(
    key: ObjectKey,
    plain: PlainFacts,
    call: CallOptions,
  ): Promise<string | undefined> {
    const head = await this.store.head(key, call)
    if (head === undefined) return 'it has vanished meanwhile'
    if (isAsWritten(head)) return undefined
    try {
      const sealed = await this.fetch(key, plain, call)
      await this.open(sealed, plain, { bucket: this.store.bucket, key })
      return undefined
    } catch (error) {
      if (error instanceof ClaimCheckError && damageCodes.includes(error.code)) return error.message
      throw error
    }
  }
}

/** Throws `BLOB_DAMAGED` where the bytes that came are not those that were meant. */
export function requireFacts(actual: PlainFacts, expected: PlainFacts, at: ErrorPlace): void {
  if (actual.sizeBytes !== expected.sizeBytes) {
    throw damaged(`expected ${expected.sizeBytes} bytes, got ${actual.sizeBytes}`, at)
  }
  if (actual.digest !== expected.digest) {
    throw damaged(`expected digest ${expected.digest}, got ${actual.digest}`, at)
  }
}

async function storedFactsOf(sealed: Uint8Array): Promise<Record<string, string>> {
  const size = { 'stored-bytes': String(sealed.byteLength) }
  if (sealed.byteLength > mostMd5Bytes) return size
  const md5 = createHash('md5')
  await visitSlices(sealed, (slice) => md5.update(slice))
  return { ...size, 'stored-md5': md5.digest('hex') }
}

/** Whether the store speaks of the bytes that the writer spoke of. */
function isAsWritten({ sizeBytes, etag = '', metadata }: ObjectHead): boolean {
  if (metadata['stored-bytes'] !== String(sizeBytes)) return false
  const md5 = metadata['stored-md5']
  const isMd5 = /^[0-9a-f]{32}$/i.test(etag)
  return md5 === undefined || !isMd5 || etag.toLowerCase() === md5
}
