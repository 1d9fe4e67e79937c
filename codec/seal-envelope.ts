import { setImmediate as nextTurn } from 'node:timers/promises'
import { compressIfWorthwhile, compressNowIfWorthwhile } from './compression.ts'
import { makeHeader, maxHeaderBytes } from './envelope-header.ts'
import { crcGuard, gcmGuard, type FrameGuard } from './frame-guard.ts'
import {
  compressedFlag,
  frameBytes,
  frameHeadBytes,
  framesAtOnce,
  lastFlag,
} from './frame-scanner.ts'
import { ordered } from './ordered.ts'
import { streamParts, type Part } from './parts.ts'
import type { SealingKey } from './sealing-keys.ts'

/** An envelope of version 2, in pieces as they are ready; `FORMAT.md` specifies it. */
export async function* sealPieces(
  plain: AsyncIterable<unknown> | Iterable<unknown>,
  key: SealingKey | undefined,
): AsyncGenerator<Uint8Array, void> {
  const { header, guard } = begin(key)
  yield header
  let index = 0
  const compressed = ordered(streamParts(plain, frameBytes), framesAtOnce, async (part: Part) => ({
    part,
    squeezed: await compressIfWorthwhile(part.bytes),
  }))
  for await (const { part, squeezed } of compressed) {
    yield* sealFrame(guard, index, part, squeezed)
    index += 1
    // What does not compress never waits for anything, and would hold up the event loop to its end.
    if (!part.isLast) await nextTurn()
  }
}

/** The same in one piece. */
export async function sealEnvelope(
  plain: AsyncIterable<unknown> | Iterable<unknown>,
  key: SealingKey | undefined,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of sealPieces(plain, key)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The same without a turn of the event loop; for short bodies. */
export function sealEnvelopeNow(plain: Uint8Array, key: SealingKey | undefined): Uint8Array {
  const { header, guard } = begin(key)
  const pieces: Uint8Array[] = [header]
  for (let start = 0, index = 0; index === 0 || start < plain.byteLength; index += 1) {
    const bytes = plain.subarray(start, start + frameBytes)
    start += frameBytes
    const part = { bytes, isLast: start >= plain.byteLength }
    pieces.push(...sealFrame(guard, index, part, compressNowIfWorthwhile(bytes)))
  }
  return Buffer.concat(pieces)
}

function begin(key: SealingKey | undefined): { header: Uint8Array; guard: FrameGuard } {
  const { bytes: header, envelopeKey } = makeHeader(key)
  const guard = envelopeKey === undefined ? crcGuard : gcmGuard(envelopeKey, header)
  return { header, guard }
}

/** In pieces, as what does not compress is not copied then. */
function sealFrame(
  guard: FrameGuard,
  index: number,
  { bytes: plain, isLast }: Pick<Part, 'bytes' | 'isLast'>,
  squeezed: Uint8Array | undefined,
): readonly Uint8Array[] {
  const packed = squeezed ?? plain
  const head = Buffer.alloc(frameHeadBytes)
  head.writeUInt32BE(packed.byteLength, 0)
  head.writeUInt32BE(plain.byteLength, 4)
  head.writeUInt8((isLast ? lastFlag : 0) | (squeezed === undefined ? 0 : compressedFlag), 8)
  const { body, check } = guard.seal(index, head, packed)
  return [head, body, check]
}

/** No envelope of that many plain bytes is longer. */
export function mostSealedBytes(plainBytes: number): number {
  const frames = Math.max(1, Math.ceil(plainBytes / frameBytes))
  return maxHeaderBytes + plainBytes + frames * (frameHeadBytes + 16)
}
