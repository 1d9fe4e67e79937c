import { crc32 } from 'node:zlib'
import { visitSlices } from './byte-slices.ts'
import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import { compressIfWorthwhile, decompressWithin } from './compression.ts'

/**
 * How a blob's bytes are framed in the store; `FORMAT.md` specifies it. Big-endian:
 *
 *     0  4  magic `CCEV`
 *     4  1  version, 1
 *     5  1  compression: 0 none, 1 zstd
 *     6  1  encryption: 0 none
 *     7  1  reserved, 0
 *     8  8  plain length in bytes
 *    16  4  CRC-32 of the 16 bytes before it and of the body
 *    20     body
 */
export interface EnvelopeHeader {
  readonly compression: 'none' | 'zstd'
  readonly plainBytes: number
  readonly crc: number
}

export const ENVELOPE_HEADER_BYTES = 20
const MAGIC = 0x43434556
const VERSION = 1
const CRC_AT = 16

/** Frames `plain`, compressed where that is worthwhile. The result shares no memory with it. */
export async function sealEnvelope(plain: Uint8Array): Promise<Uint8Array> {
  const squeezed = await compressIfWorthwhile(plain)
  const body = squeezed ?? plain
  const sealed = Buffer.allocUnsafe(ENVELOPE_HEADER_BYTES + body.byteLength)
  sealed.writeUInt32BE(MAGIC, 0)
  sealed.writeUInt8(VERSION, 4)
  sealed.writeUInt8(squeezed === undefined ? 0 : 1, 5)
  sealed.writeUInt16BE(0, 6)
  sealed.writeBigUInt64BE(BigInt(plain.byteLength), 8)
  sealed.set(body, ENVELOPE_HEADER_BYTES)
  sealed.writeUInt32BE(await checksumOf(sealed), CRC_AT)
  return sealed
}

/**
 * The plain bytes of a whole, undamaged envelope of at most `maxPlainBytes`; throws `BLOB_DAMAGED`
 * for anything else, before it makes room for what a header only claims. The result shares no memory
 * with `sealed`.
 */
export async function openEnvelope(
  sealed: Uint8Array,
  limits: { readonly maxPlainBytes: number; readonly at: ErrorPlace },
): Promise<Uint8Array> {
  const { at } = limits
  const header = readEnvelopeHeader(sealed, at)
  const crc = await checksumOf(sealed)
  if (crc !== header.crc) throw damaged('its checksum is wrong', at)
  if (header.plainBytes > limits.maxPlainBytes) {
    throw damaged(`it holds ${header.plainBytes} bytes, expected ${limits.maxPlainBytes}`, at)
  }
  const body = sealed.subarray(ENVELOPE_HEADER_BYTES)
  const plain =
    header.compression === 'none' ? new Uint8Array(body) : await unzstd(body, header, at)
  if (plain.byteLength !== header.plainBytes) {
    throw damaged(`it holds ${plain.byteLength} bytes of ${header.plainBytes}`, at)
  }
  return plain
}

/** What the first bytes of a blob say, without reading the rest. Throws `BLOB_DAMAGED`. */
export function readEnvelopeHeader(start: Uint8Array, at: ErrorPlace): EnvelopeHeader {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength)
  if (bytes.byteLength < ENVELOPE_HEADER_BYTES) throw damaged('it is shorter than its header', at)
  if (bytes.readUInt32BE(0) !== MAGIC) throw damaged('it does not begin like a blob', at)
  const version = bytes.readUInt8(4)
  if (version !== VERSION) throw damaged(`its version ${version} is not known here`, at)
  const compression = bytes.readUInt8(5)
  if (compression > 1) throw damaged(`its compression ${compression} is not known here`, at)
  const encryption = bytes.readUInt8(6)
  if (encryption !== 0) throw damaged(`its encryption ${encryption} is not known here`, at)
  if (bytes.readUInt8(7) !== 0) throw damaged('its reserved byte is not 0', at)
  return {
    compression: compression === 0 ? 'none' : 'zstd',
    plainBytes: Number(bytes.readBigUInt64BE(8)),
    crc: bytes.readUInt32BE(CRC_AT),
  }
}

async function unzstd(
  body: Uint8Array,
  { plainBytes }: EnvelopeHeader,
  at: ErrorPlace,
): Promise<Uint8Array> {
  try {
    return await decompressWithin(body, plainBytes)
  } catch (cause) {
    throw damaged('it cannot be decompressed', at, cause)
  }
}

async function checksumOf(sealed: Uint8Array): Promise<number> {
  let crc = crc32(sealed.subarray(0, CRC_AT))
  await visitSlices(sealed.subarray(ENVELOPE_HEADER_BYTES), (slice) => {
    crc = crc32(slice, crc)
  })
  return crc
}

function damaged(what: string, at: ErrorPlace, cause?: unknown): ClaimCheckError {
  return new ClaimCheckError('BLOB_DAMAGED', `The blob is damaged: ${what}`, {
    remedy:
      'Restore the object from a copy or a backup under the same key; if a newer Claimcheck wrote it, upgrade this one.',
    at,
    cause,
  })
}
