import { crc32 } from 'node:zlib'
import { visitSlices } from './byte-slices.ts'
import type { ErrorPlace } from './coded-error.ts'
import { decompressWithin } from './compression.ts'
import { damaged, headerBytesV1, type EnvelopeHeaderV1 } from './envelope-header.ts'

const crcAt = 16

/** The plain bytes of an envelope of version 1, which is no longer written and read for ever. */
export async function openEnvelopeV1(
  sealed: Uint8Array,
  header: EnvelopeHeaderV1,
  { maxPlainBytes, at }: { readonly maxPlainBytes: number; readonly at: ErrorPlace },
): Promise<Uint8Array> {
  const body = sealed.subarray(headerBytesV1)
  let crc = crc32(sealed.subarray(0, crcAt))
  await visitSlices(body, (slice) => {
    crc = crc32(slice, crc)
  })
  if (crc !== header.crc) throw damaged('its checksum is wrong', at)
  if (header.plainBytes > maxPlainBytes) {
    throw damaged(`it holds ${header.plainBytes} bytes, expected ${maxPlainBytes}`, at)
  }
  const plain =
    header.compression === 'none'
      ? new Uint8Array(body)
      : await decompressed(body, header.plainBytes, at)
  if (plain.byteLength === header.plainBytes) return plain
  throw damaged(`it holds ${plain.byteLength} bytes of ${header.plainBytes}`, at)
}

async function decompressed(
  body: Uint8Array,
  plainBytes: number,
  at: ErrorPlace,
): Promise<Uint8Array> {
  try {
    return await decompressWithin(body, plainBytes)
  } catch (cause) {
    throw damaged('it cannot be decompressed', at, cause)
  }
}
