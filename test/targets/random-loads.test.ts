import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import { kills } from './support/random-kills.ts'
import { openRandomBed, type RandomBed } from './support/random-bed.ts'
import { randomTables, type TargetShape } from './support/random-tables.ts'

/** To repeat a run that failed, with the seed that it tells. */
const seed = Number(process.env['CLAIMCHECK_TEST_SEED'] ?? Date.now() % 2 ** 31)

const shapes: readonly (TargetShape & { readonly what: string })[] = [
  { what: 'merge', mode: 'merge', hasKey: true },
]

describe('random loads with random kills, against an oracle', { timeout: 120_000 }, () => {
  let bed: RandomBed

  before(async () => {
    bed = await openRandomBed()
  })
  after(async () => {
    await bed?.close()
  })

  for (const { what, ...shape } of shapes) {
    it(`leave the table as the mode says: ${what}`, async () => {
      const before_ = bed.killCount
      const tables = randomTables(shape, kills)
      const property = fc.asyncProperty(tables, (table) => bed.play(table))
      await fc.assert(property, { numRuns: 15, seed, endOnFailure: true })
      assert.ok(bed.killCount > before_, 'no kill came')
    })
  }
})
