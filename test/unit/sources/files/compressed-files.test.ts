import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import type { FileSource } from '../../../../src/sources/files/file-source.ts'
import { unpack } from '../../../../src/sources/files/unpack.ts'
import { files, openFiles, openOnly, readOnly } from './read-files.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const row = '{"id":1}\n'
const given = (name: string) => files(`test/fixtures/files/${name}.ndjson.gz`)
const packers = {
  gzip: (data: Uint8Array) => gzipSync(data),
  zstd: (data: Uint8Array) => zstdCompressSync(data),
}
/** A frame that every reader of zstd passes over. */
const skippable = Buffer.from('532a4d180400000061626364', 'hex')

async function unpacked(
  compression: 'gzip' | 'zstd',
  data: Uint8Array,
  chunkBytes = data.byteLength,
): Promise<Buffer> {
  async function* chunks() {
    for (let at = 0; at < data.byteLength; at += chunkBytes) {
      yield data.subarray(at, at + chunkBytes)
    }
  }
  return Buffer.concat(await Array.fromAsync(unpack(chunks(), compression, { at: {} })))
}

describe('a compressed file', () => {
  let folder: string
  let source: FileSource
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-packed-'))
    source = openFiles({ directories: ['.', folder] })
  })
  after(async () => {
    source.close()
    await rm(folder, { recursive: true })
  })
  async function write(data: Uint8Array | string) {
    const path = join(folder, 'file')
    await writeFile(path, data)
    return files(path)
  }

  it('says so where it is whole and wants more memory than it is given', async () => {
    // One raw block of a byte, in frames whose window is of 27 bits, and of 28.
    const frame = (window: string) => Buffer.from(`28b52ffd00${window}09000061`, 'hex')
    assert.equal((await unpacked('zstd', frame('88'))).toString(), 'a')
    await assert.rejects(unpacked('zstd', frame('90')), {
      code: 'SOURCE_MALFORMED',
      retryable: false,
      message: /takes more than 128 MiB .* zstd window/,
      remedy: /without --long/,
    })
  })

  it('is unpacked with all its members, and as it is when only its name says so', async () => {
    assert.equal(await readOnly(source, given('two_members')), '{"id":1}\n{"id":2}\n{"id":3}\n')
    assert.equal(await readOnly(source, given('plain_named')), row)
  })

  it('is unpacked once', async () => {
    const inner = await readOnly(source, given('double_gzip'))
    assert.equal(inner.slice(0, 2), '\x1f\x8b')
  })

  it('with something behind its end is refused', async () => {
    // Zeros alone are what tapes and block devices leave there.
    assert.equal(await readOnly(source, given('trailing_garbage')), row)
    const zeroes = Buffer.alloc(1000)
    const gzip = gzipSync(row)
    assert.equal(await readOnly(source, await write(Buffer.concat([gzip, zeroes]))), row)
    for (const behind of [
      Buffer.concat([zeroes, gzip]),
      Buffer.concat([zeroes, Buffer.of(1)]),
      Buffer.of(0x1f),
      Buffer.from('x'),
    ]) {
      const packed = await write(Buffer.concat([gzip, behind]))
      await assert.rejects(readOnly(source, packed), { code: 'SOURCE_MALFORMED', retryable: false })
    }
    const zstd = zstdCompressSync(row)
    for (const behind of [zeroes, gzip, Buffer.from('x'), Buffer.from('garbage')]) {
      const packed = await write(Buffer.concat([zstd, behind]))
      await assert.rejects(readOnly(source, packed), { code: 'SOURCE_MALFORMED' })
    }
  })

  it('of zstd may begin with, hold and end with frames that are to be skipped', async () => {
    const zstd = zstdCompressSync(row)
    const parts = [skippable, zstd, skippable, skippable, zstd, skippable]
    assert.equal(await readOnly(source, await write(Buffer.concat(parts))), row + row)
  })

  it('that is damaged is refused', async () => {
    const text = randomBytes(100_000).toString('base64')
    for (const damage of [-8, -4, 50_000]) {
      const packed = gzipSync(text)
      const at = damage < 0 ? packed.length + damage : damage
      packed.writeUInt8((packed[at] ?? 0) ^ 1, at)
      await assert.rejects(readOnly(source, await write(packed)), { code: 'SOURCE_MALFORMED' })
    }
  })

  it('is what is declared, or refused', async () => {
    const as = async (compression: 'none' | 'gzip' | 'zstd', data: Uint8Array | string) =>
      readOnly(source, { ...(await write(data)), compression })
    assert.equal((await as('none', gzipSync(row))).slice(0, 2), '\x1f\x8b')
    assert.equal(await as('zstd', zstdCompressSync(row)), row)
    for (const wrong of [row, '', zstdCompressSync(row)]) {
      await assert.rejects(as('gzip', wrong), { code: 'SOURCE_MALFORMED' })
    }
    for (const wrong of [row, '', gzipSync(row)]) {
      await assert.rejects(as('zstd', wrong), { code: 'SOURCE_MALFORMED' })
    }
    for (const short of ['', 'x', '\x1f', '\x28\xb5']) {
      assert.equal(await readOnly(source, await write(Buffer.from(short, 'latin1'))), short)
    }
  })

  it('is read from its start, whatever position is asked for', async () => {
    const text = Array.from({ length: 50_000 }, (_, id) => `{"id":${id}}\n`).join('')
    for (const pack of Object.values(packers)) {
      const packed = await write(pack(Buffer.from(text)))
      for (const fromBytes of [0, 1, 200_000, text.length]) {
        assert.equal(await readOnly(source, packed, { fromBytes }), text.slice(fromBytes))
      }
      const { opened, stream } = await openOnly(source, packed)
      assert.equal(stream.isSeekable, false)
      await opened.close()
    }
  })

  it('gives all its members, wherever chunks and members end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('gzip', 'zstd'),
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 120 }),
        async (compression, parts, chunkBytes) => {
          const packed = Buffer.concat(parts.map(packers[compression]))
          assert.deepEqual(await unpacked(compression, packed, chunkBytes), Buffer.concat(parts))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('that is cut off anywhere but between members is refused', async () => {
    for (const compression of ['gzip', 'zstd'] as const) {
      const member = packers[compression](Buffer.from(row.repeat(20)))
      const packed = Buffer.concat([member, member])
      for (let bytes = 1; bytes < packed.length; bytes += 1) {
        if (bytes === member.length) continue
        for (const chunkBytes of [packed.length, 7]) {
          await assert.rejects(
            unpacked(compression, packed.subarray(0, bytes), chunkBytes),
            { code: 'SOURCE_MALFORMED' },
            `${compression} of ${bytes} bytes`,
          )
        }
      }
    }
  })

  it('passes trouble of reading it on as it is', async () => {
    const trouble = new Error('the disk is gone')
    async function* broken() {
      yield gzipSync(randomBytes(1000)).subarray(0, 500)
      throw trouble
    }
    await assert.rejects(Array.fromAsync(unpack(broken(), 'gzip', { at: {} })), trouble)
  })

  it('that unpacks to very much is never held', async () => {
    const bytes = 96 * 2 ** 20
    for (const pack of Object.values(packers)) {
      const { opened, stream } = await openOnly(source, await write(pack(Buffer.alloc(bytes))))
      collectGarbage()
      const atStart = process.memoryUsage().arrayBuffers
      let [mostBytes, readBytes, count] = [0, 0, 0]
      for await (const chunk of stream.read(0)) {
        readBytes += chunk.byteLength
        count += 1
        if (count % 100 !== 0) continue
        collectGarbage()
        mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - atStart)
      }
      assert.equal(readBytes, bytes)
      assert.ok(mostBytes < 16 * 2 ** 20, `${mostBytes} bytes are held`)
      await opened.close()
    }
  })
})
