import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import { openRandomBed, type RandomBed } from './support/random-bed.ts'
import { kills } from './support/random-kills.ts'
import { randomSeed } from '../support/random-seed.ts'
import { randomShapes } from './support/random-shapes.ts'
import { randomTables } from './support/random-tables.ts'

describe('random loads, whose sessions and connections are lost', { timeout: 300_000 }, () => {
  let bed: RandomBed

  before(async () => {
    bed = await openRandomBed()
  })
  after(async () => {
    await bed?.close()
  })

  for (const { what, ...shape } of randomShapes) {
    it(`leave the table as an oracle says: ${what}`, async () => {
      const tables = randomTables(shape, kills)
      const property = fc.asyncProperty(tables, (table) => bed.play(table))
      await fc.assert(property, { numRuns: 3, seed: randomSeed, endOnFailure: true })
    })
  }

  it('were killed many times', () => {
    assert.ok(bed.killCount > randomShapes.length)
  })
})
