import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { BlobCache } from '../../../codec/blob-cache.ts'
import { DiskCache } from '../../../codec/disk-cache.ts'

const root = await mkdtemp(join(tmpdir(), 'disk-cache-'))
after(async () => rm(root, { recursive: true, force: true }))

const HOUR_MS = 3_600_000
let made = 0

describe('disk cache', () => {
  it('keeps bytes under the digest of their key, for this user alone', async () => {
    const { cache, directory } = bed(1000)
    const key = 'blobs/default/2026-W01/../../etc'
    assert.equal(await cache.get(key), undefined)
    const bytes = randomBytes(100)
    await cache.set(key, bytes)
    assert.deepEqual(await cache.get(key), bytes)
    assert.deepEqual(await readdir(directory), [nameOf(key)])
    assert.deepEqual(await readFile(join(directory, nameOf(key))), bytes)
    assert.equal((await stat(join(directory, nameOf(key)))).mode & 0o777, 0o600)
    assert.equal((await stat(directory)).mode & 0o777, 0o700)
  })

  it('replaces and deletes', async () => {
    const { cache, directory } = bed(1000)
    await cache.set('a', Buffer.from('before'))
    await cache.set('a', Buffer.from('after'))
    assert.equal(String(await cache.get('a')), 'after')
    await cache.delete('a')
    await cache.delete('a')
    assert.equal(await cache.get('a'), undefined)
    assert.deepEqual(await readdir(directory), [])
  })

  it('drops what was not used for longest, reads counted', async () => {
    const { cache, directory } = bed(300)
    for (const [index, key] of ['a', 'b', 'c'].entries()) {
      await cache.set(key, Buffer.alloc(100))
      await age(join(directory, nameOf(key)), HOUR_MS - index * 1000)
    }
    await cache.get('a')
    await cache.set('d', Buffer.alloc(100))
    assert.deepEqual(await keysIn(cache), ['a', 'c', 'd'])
  })

  it('never has more than its limit, and keeps nothing longer than that', async () => {
    const { cache, directory } = bed(1000)
    for (let index = 0; index < 100; index += 1) {
      await cache.set(String(index), randomBytes((index * 37) % 400))
      assert.ok((await sizeOf(directory)) <= 1000)
    }
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) =>
        cache.set(`at once ${index}`, randomBytes(90)),
      ),
    )
    assert.ok((await sizeOf(directory)) <= 1000)
    assert.ok((await sizeOf(directory)) >= 800)
    await cache.set('long', randomBytes(1001))
    assert.equal(await cache.get('long'), undefined)
    assert.ok((await sizeOf(directory)) >= 800)
    assert.ok((await sizeOf(directory)) <= 1000)
  })

  it('finds after a start what was there, and keeps it within a smaller limit', async () => {
    const { directory, reopen } = bed(1000)
    for (const key of ['a', 'b', 'c']) await reopen(1000).set(key, Buffer.alloc(100, key))
    assert.deepEqual(await keysIn(reopen(1000)), ['a', 'b', 'c'])
    await reopen(200).set('d', Buffer.alloc(100))
    assert.ok((await sizeOf(directory)) <= 200)
  })

  it('shared by several processes is a miss where one of them dropped a file', async () => {
    const { directory, reopen, troubles } = bed(1000)
    const caches = [reopen(1000), reopen(1000), reopen(1000)]
    await Promise.all(
      caches.map(async (cache, process) => {
        for (let index = 0; index < 60; index += 1) {
          await cache.set(`${process} ${index}`, Buffer.alloc(50, `${index}`))
          const other = `${(process + 1) % 3} ${index}`
          const found = await cache.get(other)
          assert.ok(found === undefined || Buffer.alloc(50, `${index}`).equals(found))
        }
      }),
    )
    assert.ok((await sizeOf(directory)) <= 1300)
    assert.deepEqual(troubles, [])
  })

  it('shared by several processes goes over its limit by a tenth for each', async () => {
    const { directory, reopen } = bed(1000)
    const caches = [reopen(1000), reopen(1000), reopen(1000)]
    for (const [process, cache] of caches.entries()) await cache.set(`${process}`, Buffer.alloc(1))
    for (const [process, cache] of caches.entries()) {
      for (let index = 0; index < 18; index += 1) {
        await cache.set(`${process} ${index}`, Buffer.alloc(50))
        assert.ok((await sizeOf(directory)) <= 1200)
      }
    }
  })

  it('gives no half of what is being written', async () => {
    const { reopen } = bed(10_000_000)
    const [writer, reader] = [reopen(10_000_000), reopen(10_000_000)]
    const versions = [Buffer.alloc(1_000_000, 'a'), Buffer.alloc(700_000, 'b')]
    const read = async (): Promise<void> => {
      const found = await reader.get('a')
      assert.ok(found === undefined || versions.some((version) => version.equals(found)))
    }
    for (let index = 0; index < 40; index += 1) {
      const writing = writer.set('a', versions[index % 2] ?? Buffer.of())
      await Promise.all([writing, read(), read(), read(), read()])
    }
  })

  it('removes what killed writers left, and nothing that is not its own', async () => {
    const { directory, reopen } = bed(1000)
    await mkdir(directory)
    const temporary = (letter: string): string =>
      `${letter.repeat(64)}.00000000-0000-4000-8000-000000000000.tmp`
    const others = ['notes.txt', 'f'.repeat(63), `${'a'.repeat(64)}.old.tmp`]
    for (const name of [temporary('a'), temporary('b'), ...others]) {
      await writeFile(join(directory, name), 'x')
    }
    for (const name of [temporary('a'), ...others]) await age(join(directory, name), 2 * HOUR_MS)
    // As a file that vanishes between the listing and the look at it.
    await symlink('nowhere', join(directory, 'e'.repeat(64)))
    others.push('e'.repeat(64))
    await reopen(1).set('a', Buffer.of())
    assert.deepEqual(
      (await readdir(directory)).toSorted(),
      [temporary('b'), ...others, nameOf('a')].toSorted(),
    )
  })

  it('makes its directory again where it was removed', async () => {
    const { cache, directory } = bed(1000)
    await cache.set('a', Buffer.from('1'))
    await rm(directory, { recursive: true })
    assert.equal(await cache.get('a'), undefined)
    await cache.set('a', Buffer.from('2'))
    await cache.set('a', Buffer.from('3'))
    assert.equal(String(await cache.get('a')), '3')
  })

  it('takes no file into memory that is longer than it may be itself', async () => {
    const { cache, directory } = bed(1000)
    await cache.set('a', Buffer.from('1'))
    await truncate(join(directory, nameOf('a')), 1001)
    assert.equal(await cache.get('a'), undefined)
  })

  it('without a usable directory is empty, and says so once', async () => {
    const { directory, cache, troubles } = bed(1000)
    await writeFile(directory, 'a file')
    for (const key of ['a', 'b']) {
      await cache.set(key, Buffer.from('1'))
      assert.equal(await cache.get(key), undefined)
      await cache.delete(key)
    }
    assert.equal(troubles.length, 1)
  })

  it('leaves nothing behind of a write that failed, and says so once', async () => {
    const { directory, cache, troubles } = bed(1000)
    await mkdir(join(directory, nameOf('a')), { recursive: true })
    await cache.set('a', Buffer.from('1'))
    assert.equal(await cache.get('a'), undefined)
    await cache.delete('a')
    assert.deepEqual(await readdir(directory), [nameOf('a')])
    assert.equal(troubles.length, 1)
    await cache.set('b', Buffer.from('1'))
    assert.equal(String(await cache.get('b')), '1')
  })
})

describe('blob cache', () => {
  it('looks into memory first, then on disk', async () => {
    const { cache: disk, directory } = bed(1000)
    const cache = new BlobCache({ memoryBytes: 100, disk })
    await cache.set('a', Buffer.alloc(60, 'a'))
    await rm(join(directory, nameOf('a')))
    assert.equal((await cache.get('a'))?.byteLength, 60)
    await cache.set('b', Buffer.alloc(60, 'b'))
    assert.equal(await cache.get('a'), undefined)
    await cache.set('c', Buffer.alloc(60, 'c'))
    assert.deepEqual(await cache.get('b'), Buffer.alloc(60, 'b'))
    await rm(join(directory, nameOf('b')))
    assert.deepEqual(await cache.get('b'), Buffer.alloc(60, 'b'))
  })

  it('does not write to disk again what came from there', async () => {
    const { cache: disk, directory } = bed(1000)
    await disk.set('a', Buffer.alloc(60, 'a'))
    for (const memoryBytes of [0, 100]) {
      const cache = new BlobCache({ memoryBytes, disk })
      await disk.set('a', Buffer.alloc(60, 'a'))
      const bytes = await cache.get('a')
      assert.ok(bytes)
      await rm(join(directory, nameOf('a')))
      await cache.set('a', bytes)
      assert.deepEqual(await readdir(directory), [])
    }
  })

  it('deletes in memory and on disk', async () => {
    const { cache: disk, directory } = bed(1000)
    const cache = new BlobCache({ memoryBytes: 100, disk })
    await cache.set('a', Buffer.from('1'))
    await cache.delete('a')
    assert.equal(await cache.get('a'), undefined)
    assert.deepEqual(await readdir(directory), [])
  })

  it('does without a disk', async () => {
    const cache = new BlobCache({ memoryBytes: 100 })
    await cache.set('a', Buffer.from('1'))
    assert.equal(String(await cache.get('a')), '1')
    await cache.delete('a')
    assert.equal(await cache.get('a'), undefined)
  })
})

interface Bed {
  readonly directory: string
  readonly cache: DiskCache
  /** As another process, or the same one after a start, sees the directory. */
  readonly reopen: (maxBytes: number) => DiskCache
  readonly troubles: unknown[]
}

function bed(maxBytes: number): Bed {
  made += 1
  const directory = join(root, `cache-${made}`)
  const troubles: unknown[] = []
  const reopen = (limitBytes: number): DiskCache =>
    new DiskCache({
      directory,
      maxBytes: limitBytes,
      onTrouble: (error) => troubles.push(error),
    })
  return { directory, cache: reopen(maxBytes), reopen, troubles }
}

function nameOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

async function age(path: string, byMs: number): Promise<void> {
  const then = new Date(Date.now() - byMs)
  await utimes(path, then, then)
}

async function keysIn(cache: DiskCache): Promise<string[]> {
  const keys: string[] = []
  for (const key of ['a', 'b', 'c', 'd']) if ((await cache.get(key)) !== undefined) keys.push(key)
  return keys
}

async function sizeOf(directory: string): Promise<number> {
  const sizes = (await readdir(directory)).map(
    async (name) => (await stat(join(directory, name))).size,
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
