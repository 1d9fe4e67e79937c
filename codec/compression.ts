import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Output grows by chunks of this size; the library's own 16 KiB cost twice the time. */
const CHUNK_BYTES = 1024 * 1024
const SAMPLE_SLICES = 4
const SAMPLE_SLICE_BYTES = 64 * 1024
/** Compression has to save this share, or reading pays for nothing. */
const WORTHWHILE_SHARE = 0.05

/**
 * `plain` as one zstd frame (level 1, on the thread pool), or undefined where that saves less than
 * 5 %: pictures, archives, encrypted bytes. Of large bodies a spread-out sample is tried first.
 */
export async function compressIfWorthwhile(plain: Uint8Array): Promise<Uint8Array | undefined> {
  const sample = sampleOf(plain)
  if (sample !== plain) {
    const squeezed = await zstd(sample)
    if (!isWorthwhile(squeezed, sample)) return undefined
  }
  const squeezed = await zstd(plain)
  return isWorthwhile(squeezed, plain) ? squeezed : undefined
}

/** Never makes more than `plainBytes`, whatever the frame claims; throws where it would. */
export async function decompressWithin(frame: Uint8Array, plainBytes: number): Promise<Uint8Array> {
  return decompress(frame, {
    chunkSize: CHUNK_BYTES,
    // zlib takes no limit of 0.
    maxOutputLength: Math.max(1, plainBytes),
  })
}

async function zstd(plain: Uint8Array): Promise<Uint8Array> {
  return compress(plain, {
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  })
}

function isWorthwhile(squeezed: Uint8Array, plain: Uint8Array): boolean {
  return squeezed.byteLength <= plain.byteLength * (1 - WORTHWHILE_SHARE)
}

function sampleOf(plain: Uint8Array): Uint8Array {
  const sampleBytes = SAMPLE_SLICES * SAMPLE_SLICE_BYTES
  if (plain.byteLength <= 2 * sampleBytes) return plain
  const stepBytes = Math.floor((plain.byteLength - SAMPLE_SLICE_BYTES) / (SAMPLE_SLICES - 1))
  const slices = Array.from({ length: SAMPLE_SLICES }, (_, index) =>
    plain.subarray(index * stepBytes, index * stepBytes + SAMPLE_SLICE_BYTES),
  )
  return Buffer.concat(slices)
}
