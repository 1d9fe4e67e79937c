import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { crc32, zstdCompressSync } from 'node:zlib'
import { openPieces } from '../../../codec/open-envelope.ts'
import { at, keysOf, open } from './sealing-samples.ts'

const damaged = { code: 'BLOB_DAMAGED' }
const text = Buffer.from('written long ago and read for ever '.repeat(20))

/** An envelope as it was written once; with the checksum of whatever stands in it. */
function envelope(body: Uint8Array, { plainBytes = text.byteLength, fields = [1, 0, 0, 0] } = {}) {
  const start = Buffer.concat([Buffer.from('CCEV'), Buffer.from(fields), Buffer.alloc(8)])
  start.writeBigUInt64BE(BigInt(plainBytes), 8)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body, crc32(start)))
  return Buffer.concat([start, check, body])
}

describe('envelope of version 1', () => {
  const compressed = envelope(zstdCompressSync(text), { fields: [1, 1, 0, 0] })

  it('gives back what is in it', async () => {
    assert.deepEqual(Buffer.from(await open(envelope(text))), text)
    assert.deepEqual(Buffer.from(await open(compressed)), text)
  })

  it('notices any bit that is flipped, and bytes that are missing or too many', async () => {
    for (let bit = 0; bit < 8 * compressed.byteLength; bit += 1) {
      const bad = Buffer.from(compressed)
      bad.writeUInt8(bad.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      await assert.rejects(open(bad), damaged)
    }
    for (const bad of [compressed.subarray(0, -1), Buffer.concat([compressed, Buffer.alloc(1)])]) {
      await assert.rejects(open(bad), damaged)
    }
    for (const length of [0, 4, 12, 19]) {
      await assert.rejects(open(envelope(text).subarray(0, length)), damaged)
    }
  })

  it('is refused where its header says what there never was', async () => {
    for (const [fields, message] of [
      [[1, 2, 0, 0], /compression 2/],
      [[1, 0, 1, 0], /reserved/],
      [[1, 0, 0, 1], /reserved/],
    ] as const) {
      await assert.rejects(open(envelope(text, { fields: [...fields] })), { ...damaged, message })
    }
  })

  it('never makes more bytes than its claim and its own header allow', async () => {
    const options = { maxPlainBytes: text.byteLength - 1 }
    await assert.rejects(open(envelope(text), options), { ...damaged, message: /expected 699/ })
    await assert.rejects(open(compressed, options), { ...damaged, message: /expected 699/ })
    const bomb = zstdCompressSync(Buffer.alloc(50_000_000))
    const message = /cannot be decompressed/
    const lying = envelope(bomb, { fields: [1, 1, 0, 0] })
    await assert.rejects(open(lying), { ...damaged, message })
  })

  it('is no stream: none was ever written so', async () => {
    const pieces = Readable.from([envelope(text)])
    const opening = openPieces(pieces, { keys: keysOf(), at, maxPlainBytes: 10_000 })
    await assert.rejects(opening, damaged)
  })

  it('is refused where it holds less than it says', async () => {
    const message = /holds 700 bytes of 701/
    const plainBytes = text.byteLength + 1
    await assert.rejects(open(envelope(text, { plainBytes })), { ...damaged, message })
    const short = envelope(zstdCompressSync(text), { plainBytes, fields: [1, 1, 0, 0] })
    await assert.rejects(open(short), { ...damaged, message })
  })
})
