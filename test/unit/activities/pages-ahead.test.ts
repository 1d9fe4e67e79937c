import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { CountedPagination } from '../../../activities/source-definition.ts'
import { WalkedSource } from './walked-source.ts'

const byPage: CountedPagination = { kind: 'page', parameter: 'page', first: 1 }
const bySizedOffset: CountedPagination = { kind: 'offset', parameter: 'offset', first: 0, size: 3 }

const rows = (first: number, count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, index) => ({ id: first + index })))

/** A source of so many rows, three a page, that answers after a few turns of the event loop. */
function served(next: CountedPagination, rowCount: number, delays: readonly number[]) {
  let pending = 0
  const seen = { most: 0 }
  const answer = async (cursor: string | undefined) => {
    const at = Number(cursor ?? next.first) - next.first
    const first = next.kind === 'page' ? at * 3 : at
    pending += 1
    seen.most = Math.max(seen.most, pending)
    for (let left = delays[first % delays.length] ?? 0; left > 0; left -= 1) await turn()
    pending -= 1
    return rows(first, Math.max(0, Math.min(3, rowCount - first)))
  }
  return { answer, seen }
}

describe('pages that are asked for before their turn', () => {
  test('make the same batches of the same pages, whatever comes first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(byPage, bySizedOffset),
        fc.nat({ max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 120 }),
        async (next, rowCount, concurrency, delays, batchBytes) => {
          const limits = { batchBytes }
          const one = await new WalkedSource(next, served(next, rowCount, [0]).answer, {
            limits,
          }).walk()
          const { answer, seen } = served(next, rowCount, delays)
          const many = await new WalkedSource(next, answer, { limits, concurrency }).walk()
          assert.deepEqual(
            many.batches.map(({ batchKey, pages, sourceBytes, next: following }) => [
              batchKey,
              pages,
              sourceBytes,
              following,
            ]),
            one.batches.map(({ batchKey, pages, sourceBytes, next: following }) => [
              batchKey,
              pages,
              sourceBytes,
              following,
            ]),
          )
          assert.ok(seen.most <= concurrency)
          // Nothing twice, and beyond the end no more than were under way.
          assert.equal(new Set(many.asked).size, many.asked.length)
          assert.ok(many.asked.length <= one.asked.length + concurrency - 1)
        },
      ),
    )
  })

  test('are under way together', async () => {
    const { answer, seen } = served(byPage, 30, [3])
    await new WalkedSource(byPage, answer, { limits: { batchBytes: 1e6 }, concurrency: 4 }).walk()
    assert.equal(seen.most, 4)
  })

  test('that the batch has no room for are found by the next one', async () => {
    const { answer } = served(byPage, 12, [1])
    const { batches } = await new WalkedSource(byPage, answer, { concurrency: 3 }).walk()
    assert.deepEqual(
      batches.map(({ pagesFound }) => pagesFound),
      [0, 1, 1, 0, 1],
    )
  })

  test('count only when their turn comes: one beyond the end may fail', async () => {
    const failing = (last: number) =>
      new WalkedSource(
        byPage,
        (page) => {
          if (Number(page ?? 1) > last) throw new Error('there is no such page')
          return rows(Number(page ?? 1) * 3, Number(page ?? 1) > 3 ? 0 : 3)
        },
        { limits: { batchBytes: 1e6 }, concurrency: 4 },
      )
    assert.equal((await failing(4).walk()).batches[0]?.pages, 4)
    await assert.rejects(failing(3).walk(), /there is no such page/)
  })
})
