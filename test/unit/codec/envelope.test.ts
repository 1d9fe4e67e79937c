import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { readEnvelopeHeader } from '../../../codec/index.ts'
import { frameBytes } from '../../../codec/frame-scanner.ts'
import { crcGuard } from '../../../codec/frame-guard.ts'
import { openPieces } from '../../../codec/open-envelope.ts'
import { mostSealedBytes, sealEnvelope, sealEnvelopeNow } from '../../../codec/seal-envelope.ts'
import { at, freshKey, keysOf, open, seal } from './sealing-samples.ts'

const damaged = { code: 'BLOB_DAMAGED', retryable: false, message: /bucket=bucket, key=key/ }

/** Text that compresses, bytes that do not, and mixtures. */
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }),
  fc.string({ maxLength: 200 }).map((text) => Buffer.from(text.repeat(50))),
)
const headerBytes = 12

for (const encrypted of [false, true]) {
  describe(encrypted ? 'envelope, encrypted' : 'envelope', () => {
    it('gives back the same bytes, made in one go or another', async () => {
      const { key, keys } = await freshKey()
      await fc.assert(
        fc.asyncProperty(bodies, async (plain) => {
          const use = encrypted ? key : undefined
          for (const sealed of [await seal(plain, use), sealEnvelopeNow(plain, use)]) {
            assert.ok(sealed.byteLength <= mostSealedBytes(plain.byteLength))
            const opened = await open(sealed, { keys, maxPlainBytes: plain.byteLength })
            assert.deepEqual(Buffer.from(opened), Buffer.from(plain))
          }
        }),
      )
    })

    it('gives back what is around one frame and several', async () => {
      const { key, keys } = await freshKey()
      const use = encrypted ? key : undefined
      const noise = randomBytes(3 * frameBytes + 5)
      for (const size of [0, 1, -1].flatMap((more) =>
        [1, 2, 3].map((n) => n * frameBytes + more),
      )) {
        const plain = noise.subarray(0, size)
        const pieces = [plain.subarray(0, 700_000), plain.subarray(700_000)]
        for (const sealed of [await sealEnvelope(pieces, use), sealEnvelopeNow(plain, use)]) {
          assert.ok(sealed.byteLength <= mostSealedBytes(size))
          assert.ok(Buffer.from(await open(sealed, { keys, maxPlainBytes: size })).equals(plain))
        }
      }
    })

    it('notices any one bit that is flipped', async () => {
      const { key, keys } = await freshKey()
      await fc.assert(
        fc.asyncProperty(bodies, fc.nat(), async (plain, choice) => {
          const sealed = Buffer.from(await seal(plain, encrypted ? key : undefined))
          flip(sealed, choice % (sealed.byteLength * 8))
          await assert.rejects(open(sealed, { keys }), damaged)
        }),
        { numRuns: 500 },
      )
    })

    it('notices every bit of a small one', async () => {
      const { key, keys } = await freshKey()
      const good = await seal(Buffer.from('a claim check '.repeat(20)), encrypted ? key : undefined)
      for (let bit = 0; bit < good.byteLength * 8; bit += 1) {
        const sealed = Buffer.from(good)
        flip(sealed, bit)
        await assert.rejects(open(sealed, { keys }), damaged, `bit ${bit}`)
      }
    })

    it('notices bytes that are missing or too many', async () => {
      const { key, keys } = await freshKey()
      await fc.assert(
        fc.asyncProperty(
          bodies,
          fc.nat(),
          fc.uint8Array({ minLength: 1 }),
          async (plain, cut, more) => {
            const sealed = await seal(plain, encrypted ? key : undefined)
            const short = sealed.subarray(0, cut % sealed.byteLength)
            await assert.rejects(open(short, { keys }), damaged)
            await assert.rejects(open(Buffer.concat([sealed, more]), { keys }), damaged)
          },
        ),
      )
    })

    it('notices frames that changed places, were left out or came twice', async () => {
      const { key, keys } = await freshKey()
      const sealed = await seal(randomBytes(4 * frameBytes), encrypted ? key : undefined)
      const frames = framesOf(sealed, encrypted ? 16 : 4)
      const [one, two, three, four] = frames.list
      assert.ok(one && two && three && four && frames.list.length === 4)
      for (const wrong of [
        [two, one, three, four],
        [one, three, four],
        [one, two, three],
        [one, one, two, three, four],
        [four],
        [],
      ]) {
        await assert.rejects(open(Buffer.concat([frames.header, ...wrong]), { keys }), damaged)
      }
      await open(Buffer.concat([frames.header, one, two, three, four]), { keys })
    })

    it('comes out of pieces of any length, and nothing of a damaged frame does', async () => {
      const { key, keys } = await freshKey()
      const plain = randomBytes(2 * frameBytes + 100)
      const good = Buffer.from(await seal(plain, encrypted ? key : undefined))
      const options = { keys, at, maxPlainBytes: plain.byteLength }
      for (const size of [1000, 70_001, 5_000_000]) {
        const pieces: Uint8Array[] = []
        for await (const piece of (await openPieces(inPieces(good, size), options)).plain) {
          pieces.push(piece)
        }
        assert.ok(Buffer.concat(pieces).equals(plain))
      }
      const bad = Buffer.from(good)
      flip(bad, 8 * (frameBytes + 5000))
      let seenBytes = 0
      await assert.rejects(async () => {
        for await (const piece of (await openPieces(inPieces(bad, 70_001), options)).plain) {
          seenBytes += piece.byteLength
        }
      }, damaged)
      assert.equal(seenBytes, frameBytes)
      await assert.rejects(async () => {
        const short = inPieces(good.subarray(0, -1), 999)
        for await (const _piece of (await openPieces(short, options)).plain);
      }, damaged)
    })
  })
}

describe('envelope: what is no envelope', () => {
  it('is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await assert.rejects(open(bytes), damaged)
      }),
    )
    for (const text of ['', '<html>', '{"claim":1}', 'CCEV']) {
      await assert.rejects(open(Buffer.from(text)), damaged)
    }
  })

  it('never makes more bytes than were expected, whatever the heads of frames say', async () => {
    const bomb = Buffer.from(await seal(Buffer.alloc(50_000_000)))
    assert.ok(bomb.byteLength < 20_000)
    await assert.rejects(open(bomb, { maxPlainBytes: 1000 }), damaged)
    // One frame that lies about its length, with the checksum made right.
    const { header, list } = framesOf(bomb, 4)
    const frame = Buffer.from(list[0] ?? [])
    frame.writeUInt32BE(frame.byteLength, 4)
    frame.writeUInt8(3, 8)
    const head = frame.subarray(0, 9)
    const { check } = crcGuard.seal(0, head, frame.subarray(9, -4))
    frame.set(check, frame.byteLength - 4)
    const before = process.memoryUsage().arrayBuffers
    const lying = Buffer.concat([header, frame])
    // Not for its length: that would be known only when all of it had been made.
    const message = /cannot be decompressed/
    await assert.rejects(open(lying, { maxPlainBytes: 1000 }), { ...damaged, message })
    assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000)
  })

  it('of a version or encryption that is not known says so', async () => {
    for (const [index, message] of [
      [4, /version 9/],
      [5, /encryption 9/],
    ] as const) {
      const sealed = Buffer.from(await seal(Buffer.from('hello')))
      sealed.writeUInt8(9, index)
      sealed.writeUInt32BE(crc32(sealed.subarray(0, headerBytes - 4)), headerBytes - 4)
      await assert.rejects(open(sealed), { ...damaged, message })
    }
  })
})

describe('envelope: the id of a key', () => {
  it('is one that may stand in a message, whoever made the header', async () => {
    const { key, keys } = await freshKey('abc')
    const good = Buffer.from(await seal(Buffer.from('hello'), key))
    const idAt = good.indexOf('abc')
    for (const id of ['a\nb', 'a c', '\u00e4bc', '\u0000bc', 'a/c']) {
      const forged = Buffer.from(good)
      forged.write(id, idAt, 'latin1')
      forged.writeUInt32BE(crc32(forged.subarray(0, idAt + 3)), idAt + 3)
      await assert.rejects(open(forged, { keys }), { ...damaged, message: /no id of a key/ })
    }
    await open(good, { keys })
  })
})

describe('envelope: what it costs', () => {
  it('compresses what gains by it and stores the rest as it is', async () => {
    const rows = Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id }))))
    const noise = randomBytes(1_000_000)
    assert.ok((await seal(rows)).byteLength < rows.byteLength / 4)
    assert.equal((await seal(noise)).byteLength, noise.byteLength + headerBytes + 9 + 4)
    // Less than 5 % is not worth the reading.
    for (const [zeros, isCompressed] of [
      [40_000, false],
      [70_000, true],
    ] as const) {
      const little = Buffer.concat([noise.subarray(zeros), Buffer.alloc(zeros)])
      const whole = little.byteLength + headerBytes + 9 + 4
      assert.equal((await seal(little)).byteLength < whole, isCompressed)
    }
    // Noise in front does not hide that the rest gains.
    const mixed = Buffer.concat([noise.subarray(0, 100_000), rows, rows, rows, rows])
    assert.ok((await seal(mixed)).byteLength < mixed.byteLength / 2)
  })

  it('shares no memory with what comes out of it', async () => {
    const noise = randomBytes(2000)
    const sealed = await seal(noise)
    const opened = await open(sealed)
    opened.fill(0)
    assert.deepEqual(Buffer.from(await open(sealed)), noise)
  })
})

describe('envelope: keys', () => {
  it('tells a missing key, a wrong one and one of another namespace', async () => {
    const { key } = await freshKey()
    const sealed = await seal(Buffer.from('secret'), key)
    const named = { message: /2026-11/, retryable: false }
    await assert.rejects(open(sealed), { code: 'ENCRYPTION_KEY_MISSING', ...named })
    const wrong = await freshKey()
    await assert.rejects(open(sealed, wrong), { code: 'ENCRYPTION_KEY_WRONG', ...named })
    const bytes = randomBytes(32)
    const encryption = { current: () => 'k', find: () => bytes }
    const here = keysOf(encryption, 'here')
    const there = keysOf(encryption, 'there')
    const local = await seal(Buffer.from('secret'), await here.current())
    assert.equal(Buffer.from(await open(local, { keys: here })).toString(), 'secret')
    await assert.rejects(open(local, { keys: there }), { code: 'ENCRYPTION_KEY_WRONG' })
  })

  it('never seals the same twice alike, and shows neither text nor key', async () => {
    const { key } = await freshKey()
    const plain = Buffer.from('a secret that compresses '.repeat(100))
    const [one, other] = [await seal(plain, key), await seal(plain, key)]
    assert.notDeepEqual(one, other)
    assert.ok(!Buffer.from(one).includes('secret'))
    const header = readEnvelopeHeader(one, at)
    assert.ok(header.version === 2 && header.encryption?.keyId === '2026-11')
  })
})

function flip(bytes: Buffer, bit: number): void {
  const index = Math.floor(bit / 8)
  bytes.writeUInt8(bytes.readUInt8(index) ^ (1 << (bit % 8)), index)
}

function framesOf(sealed: Uint8Array, checkBytes: number): { header: Buffer; list: Buffer[] } {
  const bytes = Buffer.from(sealed)
  let start = bytes.readUInt16BE(6)
  const header = bytes.subarray(0, start)
  const list: Buffer[] = []
  while (start < bytes.byteLength) {
    const end = start + 9 + bytes.readUInt32BE(start) + checkBytes
    list.push(bytes.subarray(start, end))
    start = end
  }
  return { header, list }
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void> {
  for (let start = 0; start < bytes.byteLength; start += size) {
    yield bytes.subarray(start, start + size)
  }
}
