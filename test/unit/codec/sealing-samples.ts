import { randomBytes } from 'node:crypto'
import { staticKeys, type EncryptionKeys } from '../../../codec/index.ts'
import { openEnvelope } from '../../../codec/open-envelope.ts'
import { sealEnvelope } from '../../../codec/seal-envelope.ts'
import { SealingKeys, type SealingKey } from '../../../codec/sealing-keys.ts'

export const at = { bucket: 'bucket', key: 'key' }
export const keyBytes = (): Uint8Array => randomBytes(32)
export const keysOf = (encryption?: EncryptionKeys, namespace = 'default'): SealingKeys =>
  new SealingKeys(encryption, namespace)

/** A key, and the keys that know it. */
export async function freshKey(id = '2026-11'): Promise<{ key: SealingKey; keys: SealingKeys }> {
  const keys = keysOf(staticKeys({ keys: { [id]: keyBytes() } }))
  return { key: await keys.find(id, at), keys }
}

export async function seal(plain: Uint8Array, key?: SealingKey): Promise<Uint8Array> {
  return sealEnvelope([plain], key)
}

export async function open(
  sealed: Uint8Array,
  { keys = keysOf(), maxPlainBytes = 100_000_000 } = {},
): Promise<Uint8Array> {
  return (await openEnvelope(sealed, { keys, maxPlainBytes, at })).plain
}
