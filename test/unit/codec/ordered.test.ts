import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ordered } from '../../../codec/ordered.ts'

describe('ordered', () => {
  it('gives results in the order of the source, no more under way than said', async () => {
    let underWay = 0
    let most = 0
    const results: number[] = []
    const work = async (piece: number): Promise<number> => {
      underWay += 1
      most = Math.max(most, underWay)
      // The first ones take longest.
      for (let turn = piece; turn < 10; turn += 1) await nextTurn()
      underWay -= 1
      return piece
    }
    for await (const result of ordered([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3, work)) {
      results.push(result)
    }
    assert.deepEqual(results, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.equal(most, 3)
  })

  it('fails in its turn where a later piece failed long before, and waits for the others', async () => {
    const { promise, resolve } = Promise.withResolvers<number>()
    const ended: number[] = []
    const pieces = ordered([0, 1, 2], 3, async (piece) => {
      if (piece === 1) throw new Error('one is broken')
      const result = piece === 0 ? await promise : piece
      if (piece === 2) for (let turn = 0; turn < 5; turn += 1) await nextTurn()
      ended.push(piece)
      return result
    })
    const first = pieces.next()
    // An unhandled rejection would end the test here.
    await nextTurn()
    await nextTurn()
    resolve(7)
    assert.deepEqual(await first, { value: 7, done: false })
    await assert.rejects(pieces.next(), /one is broken/)
    assert.deepEqual(new Set(ended), new Set([0, 2]))
  })

  it('waits for what is under way where its reader stops', async () => {
    const ended: number[] = []
    const pieces = ordered([0, 1, 2, 3], 3, async (piece) => {
      for (let turn = 0; turn < 10 * piece; turn += 1) await nextTurn()
      ended.push(piece)
      return piece
    })
    for await (const piece of pieces) if (piece === 0) break
    assert.deepEqual(new Set(ended), new Set([0, 1, 2]))
  })
})
