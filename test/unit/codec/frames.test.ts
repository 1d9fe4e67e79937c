import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { crcGuard } from '../../../codec/frame-guard.ts'
import { frameBytes } from '../../../codec/frame-scanner.ts'
import { openPieces } from '../../../codec/open-envelope.ts'
import { at, keysOf, open, seal } from './sealing-samples.ts'

const header = (await seal(new Uint8Array())).subarray(0, 12)
const noise = randomBytes(frameBytes + 1)
const zeros = Buffer.alloc(frameBytes + 1)

/** A frame whose checksum is right, whatever it says of itself. */
function frame(
  index: number,
  packed: Uint8Array,
  { plainBytes = packed.byteLength, flags = 1 } = {},
): Uint8Array {
  const head = Buffer.alloc(9)
  head.writeUInt32BE(packed.byteLength, 0)
  head.writeUInt32BE(plainBytes, 4)
  head.writeUInt8(flags, 8)
  const { body, check } = crcGuard.seal(index, head, packed)
  return Buffer.concat([head, body, check])
}

const envelopeOf = (...frames: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([header, ...frames])

async function* inPieces(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

async function openAll(pieces: AsyncIterable<Uint8Array>, maxPlainBytes = 10_000_000) {
  const opened: Uint8Array[] = []
  const { plain } = await openPieces(pieces, { keys: keysOf(), at, maxPlainBytes })
  for await (const piece of plain) opened.push(piece)
  return Buffer.concat(opened)
}

describe('frames', () => {
  it('of any length up to 1 MiB are read, short ones before the last too', async () => {
    const short = Buffer.from('short')
    const frames = [
      frame(0, short, { flags: 0 }),
      frame(1, new Uint8Array(), { flags: 0 }),
      frame(2, zstdCompressSync(zeros.subarray(1)), { plainBytes: frameBytes, flags: 2 }),
      frame(3, noise.subarray(1)),
    ]
    const whole = Buffer.concat([short, zeros.subarray(1), noise.subarray(1)])
    assert.ok(whole.equals(await open(envelopeOf(...frames))))
    assert.ok(whole.equals(await openAll(inPieces(header, ...frames))))
  })

  const wrong: Readonly<Record<string, readonly [frames: Uint8Array, message: RegExp]>> = {
    'longer than 1 MiB': [frame(0, noise), /too long/],
    'of more than 1 MiB when decompressed': [
      frame(0, zstdCompressSync(zeros), { plainBytes: zeros.byteLength, flags: 3 }),
      /head of a frame/,
    ],
    'of unknown flags': [frame(0, noise.subarray(0, 9), { flags: 5 }), /head of a frame/],
    'of all flags': [frame(0, noise.subarray(0, 9), { flags: 255 }), /head of a frame/],
    'shorter than they say': [
      frame(0, noise.subarray(0, 9), { plainBytes: 10 }),
      /head of a frame/,
    ],
    'longer than they say': [frame(0, noise.subarray(0, 9), { plainBytes: 8 }), /head of a frame/],
    'compressed to no less': [
      frame(0, noise.subarray(0, 9), { plainBytes: 9, flags: 3 }),
      /head of a frame/,
    ],
    'of less than they say when decompressed': [
      frame(0, zstdCompressSync(zeros.subarray(0, 1000)), { plainBytes: 1001, flags: 3 }),
      /shorter than it says/,
    ],
    'of more than they say when decompressed': [
      frame(0, zstdCompressSync(zeros.subarray(0, 1000)), { plainBytes: 999, flags: 3 }),
      /cannot be decompressed/,
    ],
    'without a last one': [frame(0, noise.subarray(0, 9), { flags: 0 }), /cut off/],
    'behind the last one': [
      Buffer.concat([frame(0, noise.subarray(0, 9)), frame(1, noise.subarray(0, 9))]),
      /after its end/,
    ],
    'with a byte behind them': [
      Buffer.concat([frame(0, noise.subarray(0, 9)), Buffer.alloc(1)]),
      /after its end/,
    ],
  }
  for (const [what, [frames, message]] of Object.entries(wrong)) {
    it(`${what} are damage, though their checksums are right`, async () => {
      const damaged = { code: 'BLOB_DAMAGED', message }
      await assert.rejects(open(envelopeOf(frames)), damaged)
      await assert.rejects(openAll(inPieces(envelopeOf(frames))), damaged)
    })
  }

  it('end with the last one, wherever the pieces are cut', async () => {
    // Longer than what is read for the header.
    const bytes = noise.subarray(0, 1000)
    const last = envelopeOf(frame(0, bytes))
    const message = /after its end/
    await assert.rejects(openAll(inPieces(last, Buffer.alloc(1))), { message })
    await assert.rejects(openAll(inPieces(last, new Uint8Array(), last)), { message })
    assert.deepEqual(await openAll(inPieces(last, new Uint8Array())), bytes)
  })

  it('are not read on where they hold more than was said', async () => {
    const frames = [0, 1, 2].map((index) => frame(index, noise.subarray(1), { flags: 0 }))
    let taken = 0
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for (const piece of [header, ...frames, ...frames, ...frames]) {
        taken += 1
        yield piece
      }
    }
    const damaged = { code: 'BLOB_DAMAGED', message: /holds more than/ }
    await assert.rejects(openAll(counted(), frameBytes), damaged)
    assert.ok(taken < 9, `${taken} pieces were taken`)
  })
})
