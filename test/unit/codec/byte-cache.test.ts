import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteCache } from '../../../codec/byte-cache.ts'
import { RecentMap } from '../../../codec/recent-map.ts'

const hundred = (): Uint8Array => Buffer.alloc(100)

describe('byte cache', () => {
  it('drops what was not used for longest, reads counted', () => {
    const cache = new ByteCache(300)
    for (const name of ['a', 'b', 'c']) cache.set(name, hundred())
    cache.get('a')
    cache.set('d', hundred())
    assert.deepEqual(kept(cache), ['a', 'c', 'd'])
    assert.equal(cache.sizeBytes, 300)
  })

  it('counts what is replaced or deleted no longer', () => {
    const cache = new ByteCache(300)
    cache.set('a', hundred())
    cache.set('a', Buffer.alloc(50))
    cache.set('b', hundred())
    assert.equal(cache.sizeBytes, 150)
    cache.delete('b')
    cache.delete('b')
    assert.equal(cache.sizeBytes, 50)
  })

  it('keeps nothing longer than itself, and drops nothing for it', () => {
    const cache = new ByteCache(300)
    cache.set('a', hundred())
    cache.set('b', Buffer.alloc(301))
    assert.deepEqual(kept(cache), ['a'])
    // The bytes of before would be those of another version.
    cache.set('a', Buffer.alloc(301))
    assert.deepEqual(kept(cache), [])
  })
})

describe('recent map', () => {
  it('remembers the last entries that were set, however often', () => {
    const map = new RecentMap<number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    map.set('c', 4)
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => map.get(name)),
      [3, undefined, 4],
    )
    map.delete('a')
    assert.equal(map.get('a'), undefined)
  })
})

function kept(cache: ByteCache): string[] {
  return ['a', 'b', 'c', 'd'].filter((name) => cache.get(name) !== undefined)
}
