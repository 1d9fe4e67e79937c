import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sharedLook } from '../../../src/web/page/shared-look.ts'

describe('a shared look', () => {
  it('is one for all who ask while it lasts, and is kept the longer the longer it took', async () => {
    let nowMs = 0
    let looks = 0
    const take = Promise.withResolvers<void>()
    const look = sharedLook(
      async () => {
        looks += 1
        await take.promise
        return looks
      },
      () => nowMs,
    )
    const asked = [look(), look()]
    nowMs = 3000
    take.resolve()
    assert.deepEqual(await Promise.all(asked), [1, 1])
    nowMs = 3000 + 29_999
    assert.equal(await look(), 1)
    nowMs = 3000 + 30_000
    assert.equal(await look(), 2)
    // That one took no time.
    nowMs += 2000
    assert.equal(await look(), 3)
  })

  it('is not kept where it failed', async () => {
    let looks = 0
    const look = sharedLook(async () => {
      looks += 1
      if (looks === 1) throw new Error('away')
      return looks
    })
    await assert.rejects(Promise.all([look(), look()]))
    assert.equal(await look(), 2)
  })
})
