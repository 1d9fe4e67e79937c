import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { FileSourceDefinition } from '../../../activities/index.ts'
import { errorCode } from '../error-code.ts'
import { PackedInput } from './packed-input.ts'

export type FileCompression = NonNullable<FileSourceDefinition['compression']>

/** As many of a file's first bytes as tell how it is compressed. */
export const magicBytes = 4

const outputChunkBytes = 128 * 1024

/** How a file that begins so is compressed. zstd may begin with a frame that is to be skipped. */
export function compressionOf(beginning: Uint8Array): FileCompression {
  const [first, second, third, fourth] = beginning
  if (first === 0x1f && second === 0x8b) return 'gzip'
  if (third === 0x2f && fourth === 0xfd && first === 0x28 && second === 0xb5) return 'zstd'
  const isSkippable = second === 0x2a && third === 0x4d && fourth === 0x18
  return isSkippable && first !== undefined && first >> 4 === 5 ? 'zstd' : 'none'
}

/** What is said where a file cannot be unpacked. */
export interface UnpackTrouble {
  readonly at: Readonly<Record<string, string>>
  /** Whether it may have been cut off on its way. @default false */
  readonly retryable?: boolean
}

/**
 * The unpacked bytes of a compressed file: all members of gzip, all frames of zstd. Memory does not grow
 * with what it holds.
 *
 * @throws PipelineError SOURCE_MALFORMED for what is cut off, damaged or followed by something else
 */
export async function* unpack(
  bytes: AsyncIterable<Uint8Array>,
  compression: Exclude<FileCompression, 'none'>,
  trouble: UnpackTrouble,
): AsyncGenerator<Uint8Array> {
  const packed = new PackedInput(bytes)
  try {
    for (;;) {
      yield* unpackRun(packed, compression, trouble)
      const beginning = await packed.peek(magicBytes)
      if (beginning.byteLength === 0) return
      if (compressionOf(beginning) !== compression) {
        if (compression === 'gzip' && (await packed.isZeroes())) return
        throw malformed(`has something else behind its last ${nouns[compression]}`, trouble)
      }
    }
  } finally {
    packed.close()
  }
}

const nouns = { gzip: 'gzip member', zstd: 'zstd frame' } as const

/**
 * Unpacks as far as zlib goes. It goes on to the next gzip member, but neither to the next zstd frame
 * within a chunk nor beyond zeros, and says nothing of what it leaves there.
 */
async function* unpackRun(
  packed: PackedInput,
  compression: Exclude<FileCompression, 'none'>,
  trouble: UnpackTrouble,
): AsyncGenerator<Uint8Array> {
  const options = { chunkSize: outputChunkBytes }
  const engine = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
  // Trouble of the input is thrown by `feeding`, what zlib finds by the loop.
  const feeding = feed(packed, engine)
  feeding.catch((error: unknown) => engine.destroy(error instanceof Error ? error : undefined))
  try {
    for await (const chunk of engine) if (chunk instanceof Uint8Array) yield chunk
    await feeding
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (/^ZSTD_.*windowTooLarge/.test(code)) throw wideWindow(trouble, error)
    if (!/^(Z_|ZSTD_)/.test(code)) throw error
    throw malformed(`is cut off or damaged as ${compression}`, trouble, error)
  } finally {
    engine.destroy()
  }
}

async function feed(packed: PackedInput, engine: Gunzip | ZstdDecompress): Promise<void> {
  const before = engine.bytesWritten
  let fedBytes = before
  for (;;) {
    const chunk = await packed.next()
    if (chunk === undefined) break
    fedBytes += chunk.byteLength
    await new Promise<void>((resolve, reject) => {
      engine.write(chunk, (error) => (error == null ? resolve() : reject(error)))
    })
    const leftBytes = fedBytes - engine.bytesWritten
    if (leftBytes > 0) {
      packed.putBack(chunk.subarray(chunk.byteLength - leftBytes))
      break
    }
  }
  engine.end()
}

function wideWindow({ at }: UnpackTrouble, cause: unknown): PipelineError {
  return new PipelineError(
    'SOURCE_MALFORMED',
    'the file takes more than 128 MiB of memory to unpack, by its zstd window',
    { at, remedy: 'Compress it without --long, or with --long=27 at most.', cause },
  )
}

function malformed(
  what: string,
  { at, retryable = false }: UnpackTrouble,
  cause?: unknown,
): PipelineError {
  return new PipelineError('SOURCE_MALFORMED', `the file ${what}`, {
    at,
    retryable,
    remedy: 'Have it delivered again, or correct `source.compression`.',
    cause,
  })
}
