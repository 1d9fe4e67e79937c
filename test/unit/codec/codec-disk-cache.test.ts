import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { staticKeys, type ClaimCheckCodec, type EncryptionKeys } from '../../../codec/index.ts'
import { codecOn, payloadOf, plainly } from './codec-samples.ts'
import { WatchedStore } from './watched-store.ts'

const root = await mkdtemp(join(tmpdir(), 'codec-disk-cache-'))
after(async () => rm(root, { recursive: true, force: true }))
const text = 'every secret of ours, '.repeat(500)
const payload = payloadOf(Buffer.from(text))
let made = 0

describe('codec with a disk cache', () => {
  it('reads after a restart what was read before, and asks the store for nothing', async () => {
    const { store, restarted } = bed()
    const claims = await codecOn(store).encode([payload])
    await restarted().decode(claims)
    assert.deepEqual((await restarted().decode(claims)).map(plainly), [plainly(payload)])
    assert.equal(store.read.length, 1)
  })

  it('gives no byte of a file that was damaged, but the value, and mends the file', async () => {
    const { store, directory, restarted } = bed()
    const claims = await restarted().encode([payload])
    const [name] = await readdir(directory)
    assert.ok(name)
    const file = join(directory, name)
    const good = await readFile(file)
    const flipped = Buffer.from(good)
    flipped.writeUInt8(flipped.readUInt8(40) ^ 1, 40)
    for (const bad of [flipped, good.subarray(0, 30), Buffer.alloc(0), randomBytes(200)]) {
      await writeFile(file, bad)
      store.read.length = 0
      assert.deepEqual((await restarted().decode(claims)).map(plainly), [plainly(payload)])
      assert.equal(store.read.length, 1)
      assert.deepEqual(await readFile(file), good)
    }
  })

  it('has on disk what is in the store: no text of what is encrypted', async () => {
    const encryption = staticKeys({ keys: { '2026-11': randomBytes(32) } })
    const { store, directory, restarted } = bed(encryption)
    const claims = await restarted().encode([payload])
    const [name] = await readdir(directory)
    assert.ok(name)
    const [key] = await store.keys()
    assert.ok(key)
    assert.deepEqual(await readFile(join(directory, name)), await store.get(key))
    // Whoever shares the directory and has not the key reads nothing.
    const other = codecOn(store, { diskCache: { directory, maxBytes: 1_000_000 } })
    await assert.rejects(other.decode(claims), { code: 'ENCRYPTION_KEY_MISSING' })
  })

  it('works without one that cannot be used, and says so once', async () => {
    const { store, directory } = bed()
    await writeFile(directory, 'a file where the directory should be')
    const warnings: string[] = []
    const codec = codecOn(store, {
      cacheBytes: 0,
      diskCache: { directory, maxBytes: 1_000_000 },
      onWarning: ({ code }) => warnings.push(code),
    })
    const claims = await codec.encode([payload, payloadOf(randomBytes(5000))])
    assert.deepEqual((await codec.decode(claims)).map(plainly)[0], plainly(payload))
    assert.deepEqual(warnings, ['CACHE_UNUSABLE'])
  })
})

function bed(encryption?: EncryptionKeys): {
  readonly store: WatchedStore
  readonly directory: string
  readonly restarted: () => ClaimCheckCodec
} {
  const store = new WatchedStore()
  const directory = join(root, String((made += 1)))
  const diskCache = { directory, maxBytes: 1_000_000 }
  return { store, directory, restarted: () => codecOn(store, { diskCache, encryption }) }
}
