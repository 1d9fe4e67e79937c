import { createHash } from 'node:crypto'
import { visitSlices } from './byte-slices.ts'

declare const digestBrand: unique symbol
/** SHA-256 of plain bytes, as 64 lower-case hexadecimal digits. */
export type Digest = string & { readonly [digestBrand]: true }

export async function digestOf(plain: Uint8Array): Promise<Digest> {
  const hash = createHash('sha256')
  await visitSlices(plain, (slice) => hash.update(slice))
  return hash.digest('hex') as Digest
}

export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text)
}
