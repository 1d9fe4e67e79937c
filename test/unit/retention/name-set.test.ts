import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { NameSet } from '../../../activities/retention/name-set.ts'

describe('NameSet', () => {
  test('has what was added, however much that is, and nothing else', () => {
    const set = new NameSet()
    const count = 5_000
    for (let index = 0; index < count; index += 1) set.add(`blobs/default/2026-W01/${index}`)
    assert.equal(set.size, count)
    for (let index = 0; index < count; index += 1) {
      assert.ok(set.has(`blobs/default/2026-W01/${index}`), String(index))
      assert.ok(!set.has(`blobs/default/2026-W02/${index}`), String(index))
    }
  })

  test('is a set, of any texts in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (added, others) => {
        const set = new NameSet()
        for (const name of added) set.add(name)
        const expected = new Set(added)
        assert.equal(set.size, expected.size)
        for (const name of [...added, ...others]) assert.equal(set.has(name), expected.has(name))
      }),
    )
  })
})
