import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveRandomHistory } from '../../unit/retention/random-history.ts'

/** How many random histories; a thousand take some minutes. */
const histories = Number(process.env['CLAIMCHECK_TEST_HISTORIES'] ?? 5)
const firstSeed = Number(process.env['CLAIMCHECK_TEST_SEED'] ?? 1)

describe('random histories with garbage collections in between', () => {
  test(`${histories} of them never miss a claim, and what is garbage is gone in the end`, async () => {
    const totals = { deleted: 0, collections: 0, refused: 0 }
    for (let seed = firstSeed; seed < firstSeed + histories; seed += 1) {
      try {
        const counts = await liveRandomHistory(seed)
        totals.deleted += counts.deleted
        totals.collections += counts.collections
        totals.refused += counts.refused
      } catch (error) {
        throw new Error(`with CLAIMCHECK_TEST_SEED=${seed}`, { cause: error })
      }
    }
    // Else nothing was tried.
    assert.ok(totals.deleted > 10 * histories, JSON.stringify(totals))
    assert.ok(totals.refused > histories / 2, JSON.stringify(totals))
  })
})
