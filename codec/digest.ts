import { visitSlices } from './byte-slices.ts'
import { openDigest, type SealingKey } from './sealing-keys.ts'

declare const digestBrand: unique symbol
/** SHA-256 of plain bytes, or HMAC-SHA-256 where they are encrypted: 64 lower-case hexadecimal digits. */
export type Digest = string & { readonly [digestBrand]: true }

/** The digest of the pieces put together, keyed where a key is given. */
export async function digestOf(
  plain: Uint8Array | readonly Uint8Array[],
  key?: SealingKey,
): Promise<Digest> {
  const hash = openDigest(key)
  for (const piece of plain instanceof Uint8Array ? [plain] : plain) {
    await visitSlices(piece, (slice) => hash.update(slice))
  }
  return hash.digest('hex') as Digest
}

export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text)
}
