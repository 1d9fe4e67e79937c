import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import { keyCheckBytes, saltBytes, type EnvelopeKey, type SealingKey } from './sealing-keys.ts'

/** What the first bytes of a blob say; `FORMAT.md` specifies both versions. */
export type EnvelopeHeader = EnvelopeHeaderV1 | EnvelopeHeaderV2

export interface EnvelopeHeaderV1 {
  readonly version: 1
  readonly compression: 'none' | 'zstd'
  readonly plainBytes: number
  readonly crc: number
}

export interface EnvelopeHeaderV2 {
  readonly version: 2
  /** All of the header, as it lies in the store: what is encrypted is bound to it. */
  readonly bytes: Uint8Array
  readonly encryption: EnvelopeEncryption | undefined
}

export interface EnvelopeEncryption {
  readonly keyId: string
  readonly salt: Uint8Array
  readonly keyCheck: Uint8Array
}

/** No header is longer: this much of a blob tells what it is. */
export const maxHeaderBytes = 128
export const headerBytesV1 = 20
const magic = 0x43434556
const plainHeaderBytes = 12
const encryptedHeaderBytes = 8 + saltBytes + keyCheckBytes + 4

/** A header of version 2, and the key of its frames where there is one. */
export function makeHeader(sealingKey: SealingKey | undefined): {
  readonly bytes: Uint8Array
  readonly envelopeKey: EnvelopeKey | undefined
} {
  const salt = sealingKey === undefined ? undefined : randomBytes(saltBytes)
  const envelopeKey = salt === undefined ? undefined : sealingKey?.envelopeKey(salt)
  const rest =
    sealingKey === undefined || salt === undefined || envelopeKey === undefined
      ? []
      : [salt, envelopeKey.check, Buffer.from(sealingKey.id, 'ascii')]
  const bytes = Buffer.concat([Buffer.alloc(8), ...rest, Buffer.alloc(4)])
  bytes.writeUInt32BE(magic, 0)
  bytes.writeUInt8(2, 4)
  bytes.writeUInt8(envelopeKey === undefined ? 0 : 1, 5)
  bytes.writeUInt16BE(bytes.byteLength, 6)
  const crcAt = bytes.byteLength - 4
  bytes.writeUInt32BE(crc32(bytes.subarray(0, crcAt)), crcAt)
  return { bytes, envelopeKey }
}

/** What the first `maxHeaderBytes` of a blob say, without reading the rest. Throws `BLOB_DAMAGED`. */
export function readEnvelopeHeader(start: Uint8Array, at: ErrorPlace): EnvelopeHeader {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength)
  if (bytes.byteLength < plainHeaderBytes) throw damaged('it is shorter than its header', at)
  if (bytes.readUInt32BE(0) !== magic) throw damaged('it does not begin like a blob', at)
  const version = bytes.readUInt8(4)
  if (version === 1) return readV1(bytes, at)
  if (version === 2) return readV2(bytes, at)
  throw damaged(`its version ${version} is not known here`, at)
}

function readV1(bytes: Buffer, at: ErrorPlace): EnvelopeHeaderV1 {
  if (bytes.byteLength < headerBytesV1) throw damaged('it is shorter than its header', at)
  const compression = bytes.readUInt8(5)
  if (compression > 1) throw damaged(`its compression ${compression} is not known here`, at)
  if (bytes.readUInt16BE(6) !== 0) throw damaged('its reserved bytes are not 0', at)
  return {
    version: 1,
    compression: compression === 0 ? 'none' : 'zstd',
    plainBytes: Number(bytes.readBigUInt64BE(8)),
    crc: bytes.readUInt32BE(16),
  }
}

function readV2(bytes: Buffer, at: ErrorPlace): EnvelopeHeaderV2 {
  const encryption = bytes.readUInt8(5)
  if (encryption > 1) throw damaged(`its encryption ${encryption} is not known here`, at)
  const headerBytes = bytes.readUInt16BE(6)
  const isEncrypted = encryption === 1
  const fits = isEncrypted
    ? headerBytes > encryptedHeaderBytes && headerBytes <= maxHeaderBytes
    : headerBytes === plainHeaderBytes
  if (!fits) throw damaged('its header has a wrong length', at)
  if (bytes.byteLength < headerBytes) throw damaged('it is shorter than its header', at)
  const crcAt = headerBytes - 4
  if (crc32(bytes.subarray(0, crcAt)) !== bytes.readUInt32BE(crcAt)) {
    throw damaged('the checksum of its header is wrong', at)
  }
  const header = bytes.subarray(0, headerBytes)
  if (!isEncrypted) return { version: 2, bytes: header, encryption: undefined }
  const keyCheckAt = 8 + saltBytes
  const keyIdAt = keyCheckAt + keyCheckBytes
  const keyId = header.toString('latin1', keyIdAt, crcAt)
  // Anybody may have made it, and it is to stand in messages.
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(keyId)) throw damaged('its key has no id of a key', at)
  return {
    version: 2,
    bytes: header,
    encryption: {
      keyId,
      salt: header.subarray(8, keyCheckAt),
      keyCheck: header.subarray(keyCheckAt, keyIdAt),
    },
  }
}

/** Something about the bytes in the store is not as it was written. */
export function damaged(what: string, at: ErrorPlace, cause?: unknown): ClaimCheckError {
  return new ClaimCheckError('BLOB_DAMAGED', `The blob is damaged: ${what}`, {
    remedy:
      'Restore the object from a copy or a backup under the same key; if a newer Claimcheck wrote it, upgrade this one.',
    at,
    cause,
  })
}
