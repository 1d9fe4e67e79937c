import { ClaimCheckError } from './claim-check-error.ts'
import type { ErrorPlace } from './coded-error.ts'
import { decompressWithin } from './compression.ts'
import {
  damaged,
  maxHeaderBytes,
  readEnvelopeHeader,
  type EnvelopeHeaderV2,
} from './envelope-header.ts'
import { openEnvelopeV1 } from './envelope-v1.ts'
import { crcGuard, gcmGuard, type FrameGuard } from './frame-guard.ts'
import { framesAtOnce, FrameScanner, type Frame } from './frame-scanner.ts'
import { ordered } from './ordered.ts'
import type { SealingKey, SealingKeys } from './sealing-keys.ts'

export interface OpenOptions {
  readonly keys: SealingKeys
  readonly at: ErrorPlace
  /** More plain bytes than this are damage; never is room made for more. */
  readonly maxPlainBytes: number
}

/** Plain bytes, as they come out, with the key they were sealed with. */
export interface Opened {
  readonly plain: Uint8Array
  readonly key: SealingKey | undefined
}

/**
 * The plain bytes of a whole, undamaged envelope of either version; throws `BLOB_DAMAGED` for
 * anything else, `ENCRYPTION_KEY_MISSING` and `ENCRYPTION_KEY_WRONG`. The result shares no memory
 * with `sealed`.
 */
export async function openEnvelope(sealed: Uint8Array, options: OpenOptions): Promise<Opened> {
  const { at, maxPlainBytes } = options
  const header = readEnvelopeHeader(sealed, at)
  if (header.version === 1) {
    return { plain: await openEnvelopeV1(sealed, header, options), key: undefined }
  }
  const { guard, key } = await guardOf(header, options)
  const scanner = new FrameScanner(guard.checkBytes, at)
  const frames = [...scanner.push(sealed.subarray(header.bytes.byteLength))]
  scanner.end()
  const plainBytes = frames.reduce((sum, frame) => sum + frame.plainBytes, 0)
  if (plainBytes > maxPlainBytes) {
    throw damaged(`it holds ${plainBytes} bytes, expected ${maxPlainBytes}`, at)
  }
  const plain = new Uint8Array(plainBytes)
  let filledBytes = 0
  for await (const bytes of ordered(frames, framesAtOnce, async (frame) =>
    openFrame(guard, frame, at),
  )) {
    plain.set(bytes, filledBytes)
    filledBytes += bytes.byteLength
  }
  return { plain, key }
}

/**
 * The plain bytes of an envelope of version 2 that comes in pieces, and what they were sealed with.
 * Each frame is checked before any of it goes on. Throws as `openEnvelope` does.
 */
export async function openPieces(
  sealed: AsyncIterable<Uint8Array>,
  options: OpenOptions,
): Promise<{ readonly plain: AsyncIterable<Uint8Array>; readonly key: SealingKey | undefined }> {
  const { header, rest } = await readStart(sealed, options.at)
  const { guard, key } = await guardOf(header, options)
  return { plain: plainOf(rest, guard, options), key }
}

async function* plainOf(
  pieces: AsyncIterable<Uint8Array>,
  guard: FrameGuard,
  { at, maxPlainBytes }: OpenOptions,
): AsyncGenerator<Uint8Array, void> {
  const scanner = new FrameScanner(guard.checkBytes, at)
  let plainBytes = 0
  yield* ordered(framesIn(pieces, scanner), framesAtOnce, async (frame) => {
    plainBytes += frame.plainBytes
    if (plainBytes > maxPlainBytes) throw damaged(`it holds more than ${maxPlainBytes} bytes`, at)
    return openFrame(guard, frame, at)
  })
  scanner.end()
}

async function* framesIn(
  pieces: AsyncIterable<Uint8Array>,
  scanner: FrameScanner,
): AsyncGenerator<Frame, void> {
  for await (const piece of pieces) yield* scanner.push(piece)
}

async function readStart(
  sealed: AsyncIterable<Uint8Array>,
  at: ErrorPlace,
): Promise<{ header: EnvelopeHeaderV2; rest: AsyncIterable<Uint8Array> }> {
  const pieces = sealed[Symbol.asyncIterator]()
  let start: Uint8Array = new Uint8Array()
  for (;;) {
    const step = await pieces.next()
    if (step.done !== true) start = Buffer.concat([start, step.value])
    if (step.done !== true && start.byteLength < maxHeaderBytes) continue
    const header = readEnvelopeHeader(start, at)
    if (header.version !== 2) throw damaged('a stream of version 1 does not exist', at)
    return { header, rest: startingWith(start.subarray(header.bytes.byteLength), pieces) }
  }
}

async function* startingWith(
  first: Uint8Array,
  others: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield first
    for (let step = await others.next(); step.done !== true; step = await others.next()) {
      yield step.value
    }
  } finally {
    await others.return?.()
  }
}

async function guardOf(
  header: EnvelopeHeaderV2,
  { keys, at }: OpenOptions,
): Promise<{ guard: FrameGuard; key: SealingKey | undefined }> {
  const { encryption } = header
  if (encryption === undefined) return { guard: crcGuard, key: undefined }
  const key = await keys.find(encryption.keyId, at)
  const envelopeKey = key.envelopeKey(encryption.salt)
  if (Buffer.compare(envelopeKey.check, encryption.keyCheck) === 0) {
    return { guard: gcmGuard(envelopeKey, header.bytes), key }
  }
  throw new ClaimCheckError(
    'ENCRYPTION_KEY_WRONG',
    `The key ${encryption.keyId} of this process is not the one that was sealed with`,
    {
      remedy:
        'Give this worker or client the right bytes under that key id; a key belongs to one namespace as well.',
      at,
    },
  )
}

async function openFrame(guard: FrameGuard, frame: Frame, at: ErrorPlace): Promise<Uint8Array> {
  const packed = guard.open(frame.index, frame.head, frame)
  if (packed === undefined) throw damaged('the checksum of a frame is wrong', at)
  if (!frame.isCompressed) return packed
  try {
    const plain = await decompressWithin(packed, frame.plainBytes)
    if (plain.byteLength === frame.plainBytes) return plain
  } catch (cause) {
    throw damaged('it cannot be decompressed', at, cause)
  }
  throw damaged('a frame of it is shorter than it says', at)
}
