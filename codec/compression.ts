import { promisify } from 'node:util'
import {
  constants,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Output grows by chunks of this size; the library's own 16 KiB cost twice the time. */
const chunkBytes = 256 * 1024
/** Where the length is known, so that nothing has to be put together; zlib's least is 64. */
const mostChunkBytes = 1024 * 1024
const zstdOptions = {
  chunkSize: chunkBytes,
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
}
/** Up to here the way to the thread pool and back costs more than the work. */
const inThreadBytes = 32 * 1024
const sampleSlices = 2
const sampleSliceBytes = 32 * 1024
/** Compression has to save this share, or reading pays for nothing. */
const worthwhileShare = 0.05

/**
 * `plain` as one zstd frame (level 1, on the thread pool), or undefined where that saves less than
 * 5 %: pictures, archives, encrypted bytes. Of large bodies a spread-out sample is tried first.
 */
export async function compressIfWorthwhile(plain: Uint8Array): Promise<Uint8Array | undefined> {
  if (plain.byteLength <= inThreadBytes) return compressNowIfWorthwhile(plain)
  const sample = sampleOf(plain)
  if (sample !== plain && compressNowIfWorthwhile(sample) === undefined) return undefined
  return ifWorthwhile(await compress(plain, zstdOptions), plain)
}

/** The same without a turn of the event loop; for short bodies. */
export function compressNowIfWorthwhile(plain: Uint8Array): Uint8Array | undefined {
  return ifWorthwhile(zstdCompressSync(plain, zstdOptions), plain)
}

/** Never makes more than `plainBytes`, whatever the frame claims; throws where it would. */
export async function decompressWithin(frame: Uint8Array, plainBytes: number): Promise<Uint8Array> {
  // zlib takes no limit of 0.
  const chunkSize = Math.min(Math.max(64, plainBytes), mostChunkBytes)
  const limit = { chunkSize, maxOutputLength: Math.max(1, plainBytes) }
  return plainBytes <= inThreadBytes ? zstdDecompressSync(frame, limit) : decompress(frame, limit)
}

export function isWorthwhile(squeezedBytes: number, plainBytes: number): boolean {
  return squeezedBytes <= plainBytes * (1 - worthwhileShare)
}

function ifWorthwhile(squeezed: Uint8Array, plain: Uint8Array): Uint8Array | undefined {
  return isWorthwhile(squeezed.byteLength, plain.byteLength) ? squeezed : undefined
}

function sampleOf(plain: Uint8Array): Uint8Array {
  const sampleBytes = sampleSlices * sampleSliceBytes
  if (plain.byteLength <= 4 * sampleBytes) return plain
  const stepBytes = Math.floor((plain.byteLength - sampleSliceBytes) / (sampleSlices - 1))
  const slices = Array.from({ length: sampleSlices }, (_, index) =>
    plain.subarray(index * stepBytes, index * stepBytes + sampleSliceBytes),
  )
  return Buffer.concat(slices)
}
