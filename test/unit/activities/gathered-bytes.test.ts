import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { GatheredBytes } from '../../../activities/landing/gathered-bytes.ts'
import { landPage, readLandedPage } from '../../../activities/landing/page-store.ts'
import { digestOf, MemoryObjectStore, type ObjectKey } from '../../../codec/index.ts'

describe('gathered bytes', () => {
  for (const sizeBytes of [0, 1, 4 * 2 ** 20, 4 * 2 ** 20 + 1, 9_000_001]) {
    test(`are the chunks one after the other: ${sizeBytes}`, () => {
      const whole = randomBytes(sizeBytes)
      const gathered = new GatheredBytes(sizeBytes + 5)
      for (let start = 0; start < sizeBytes; start += 65_521) {
        assert.ok(gathered.add(whole.subarray(start, start + 65_521)))
      }
      assert.equal(gathered.add(Buffer.alloc(6)), false)
      assert.equal(gathered.sizeBytes, sizeBytes)
      assert.ok(gathered.finish().equals(whole))
    })
  }
})

describe('a landed page', () => {
  const key = 'page.ndjson.zst' as ObjectKey

  test('is read as it was landed, whatever its size', async () => {
    const store = new MemoryObjectStore()
    for (const sizeBytes of [0, 1, 1000, 5_000_000, 9_000_001]) {
      const body = Buffer.from(randomBytes(sizeBytes).toString('base64').slice(0, sizeBytes))
      const digest = await digestOf(body)
      const { storedBytes } = await landPage(store, key, { body, digest }, {})
      assert.equal(storedBytes, (await store.get(key)).length)
      assert.ok((await readLandedPage(store, { key, digest, sizeBytes }, {})).equals(body))
    }
  })

  test('is damaged where its object was cut or replaced, or has another size than it says', async () => {
    const store = new MemoryObjectStore()
    const body = randomBytes(6_000_000)
    const page = { key, digest: await digestOf(body), sizeBytes: body.length }
    await landPage(store, key, { body, digest: page.digest }, {})
    const read = (change: Partial<typeof page> = {}) =>
      readLandedPage(store, { ...page, ...change }, {})
    const damaged = { code: 'OBJECT_DAMAGED' }
    await assert.rejects(read({ sizeBytes: body.length - 1 }), damaged)
    await assert.rejects(read({ sizeBytes: 2 ** 52 }), damaged)
    const stored = Buffer.from(await store.get(key))
    for (const bytes of [stored.subarray(0, -1), zstdCompressSync('other'), Buffer.from('other')]) {
      await store.put(key, bytes, { contentType: 'application/zstd' })
      await assert.rejects(read(), damaged)
    }
  })
})
