import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { openEnvelope, readEnvelopeHeader } from '../../../codec/index.ts'
import { sealEnvelope } from '../../../codec/envelope.ts'

const at = { bucket: 'bucket', key: 'key' }
const open = async (sealed: Uint8Array, maxPlainBytes = 10_000_000): Promise<Uint8Array> =>
  openEnvelope(sealed, { maxPlainBytes, at })
const damaged = { code: 'BLOB_DAMAGED', retryable: false, message: /bucket=bucket, key=key/ }

/** Text that compresses, bytes that do not, and mixtures. */
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }),
  fc.string({ maxLength: 200 }).map((text) => Buffer.from(text.repeat(50))),
)

describe('envelope', () => {
  it('gives back the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, async (plain) => {
        const opened = await open(await sealEnvelope(plain), plain.byteLength)
        assert.deepEqual(Buffer.from(opened), Buffer.from(plain))
      }),
    )
  })

  it('notices any one bit that is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.nat(), async (plain, choice) => {
        const sealed = Buffer.from(await sealEnvelope(plain))
        const bit = choice % (sealed.byteLength * 8)
        const index = Math.floor(bit / 8)
        sealed.writeUInt8(sealed.readUInt8(index) ^ (1 << (bit % 8)), index)
        await assert.rejects(open(sealed), damaged)
      }),
      { numRuns: 500 },
    )
  })

  it('notices every bit of a small one', async () => {
    const good = await sealEnvelope(Buffer.from('a claim check '.repeat(20)))
    for (let bit = 0; bit < good.byteLength * 8; bit += 1) {
      const sealed = Buffer.from(good)
      const index = Math.floor(bit / 8)
      sealed.writeUInt8(sealed.readUInt8(index) ^ (1 << (bit % 8)), index)
      await assert.rejects(open(sealed), damaged, `bit ${bit}`)
    }
  })

  it('notices bytes that are missing or too many', async () => {
    await fc.assert(
      fc.asyncProperty(
        bodies,
        fc.nat(),
        fc.uint8Array({ minLength: 1 }),
        async (plain, cut, more) => {
          const sealed = await sealEnvelope(plain)
          await assert.rejects(open(sealed.subarray(0, cut % sealed.byteLength)), damaged)
          await assert.rejects(open(Buffer.concat([sealed, more])), damaged)
        },
      ),
    )
  })

  it('takes nothing that is no envelope', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await assert.rejects(open(bytes), damaged)
      }),
    )
    for (const text of ['', '<html>', '{"claim":1}', 'CCEV']) {
      await assert.rejects(open(Buffer.from(text)), damaged)
    }
  })

  it('never makes more bytes than were expected, whatever header and frame say', async () => {
    const bomb = Buffer.from(await sealEnvelope(Buffer.alloc(50_000_000)))
    assert.ok(bomb.byteLength < 10_000)
    await assert.rejects(open(bomb, 1000), damaged)
    // A header that lies about it, with the checksum made right.
    bomb.writeBigUInt64BE(1000n, 8)
    bomb.writeUInt32BE(crc32(bomb.subarray(20), crc32(bomb.subarray(0, 16))), 16)
    const before = process.memoryUsage().arrayBuffers
    await assert.rejects(open(bomb, 1000), damaged)
    assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000)
  })

  it('names versions, compressions and encryptions that it does not know', async () => {
    const good = await sealEnvelope(Buffer.from('hello'))
    for (const [index, message] of [
      [4, /version 9/],
      [5, /compression 9/],
      [6, /encryption 9/],
      [7, /reserved/],
    ] as const) {
      const sealed = Buffer.from(good)
      sealed.writeUInt8(9, index)
      await assert.rejects(open(sealed), { ...damaged, message })
    }
  })

  it('compresses what gains by it and stores the rest as it is', async () => {
    const rows = Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id }))))
    const noise = randomBytes(1_000_000)
    const packed = await sealEnvelope(rows)
    assert.equal(readEnvelopeHeader(packed, at).compression, 'zstd')
    assert.ok(packed.byteLength < rows.byteLength / 4)
    const loose = await sealEnvelope(noise)
    assert.equal(readEnvelopeHeader(loose, at).compression, 'none')
    assert.equal(loose.byteLength, noise.byteLength + 20)
    // Noise in front does not hide that the rest gains.
    const mixed = await sealEnvelope(
      Buffer.concat([noise.subarray(0, 100_000), rows, rows, rows, rows]),
    )
    assert.equal(readEnvelopeHeader(mixed, at).compression, 'zstd')
  })

  it('shares no memory with what comes out of it', async () => {
    const noise = randomBytes(2000)
    const sealed = await sealEnvelope(noise)
    const opened = await open(sealed)
    opened.fill(0)
    assert.deepEqual(Buffer.from(await open(sealed)), noise)
  })
})
