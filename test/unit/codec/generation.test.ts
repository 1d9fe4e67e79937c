import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { generationOf, generationSpan, isGeneration } from '../../../codec/index.ts'

describe('generation', () => {
  const known: readonly (readonly [time: string, generation: string])[] = [
    ['2026-11-23T00:00:00.000Z', '2026-W48'],
    ['2026-11-22T23:59:59.999Z', '2026-W47'],
    ['2026-11-29T23:59:59.999Z', '2026-W48'],
    ['2026-12-31T12:00:00.000Z', '2026-W53'],
    ['2027-01-03T23:59:59.999Z', '2026-W53'],
    ['2027-01-04T00:00:00.000Z', '2027-W01'],
    ['2024-12-29T23:59:59.999Z', '2024-W52'],
    ['2024-12-30T00:00:00.000Z', '2025-W01'],
    ['2021-01-01T00:00:00.000Z', '2020-W53'],
    ['2023-01-01T00:00:00.000Z', '2022-W52'],
    ['2018-01-01T00:00:00.000Z', '2018-W01'],
    ['1970-01-01T00:00:00.000Z', '1970-W01'],
    ['2024-02-29T00:00:00.000Z', '2024-W09'],
  ]
  for (const [time, generation] of known) {
    it(`${time} lies in ${generation}`, () => {
      assert.equal(generationOf(new Date(time)), generation)
    })
  }

  const times = fc.date({
    min: new Date('0100-01-01T00:00:00Z'),
    max: new Date('9998-12-31T00:00:00Z'),
    noInvalidDate: true,
  })

  it('holds every time inside its own span, a week long', () => {
    fc.assert(
      fc.property(times, (time) => {
        const generation = generationOf(time)
        const { start, end } = generationSpan(generation)
        assert.ok(isGeneration(generation))
        assert.ok(start <= time && time < end)
        assert.equal(end.getTime() - start.getTime(), 7 * 86_400_000)
        assert.equal(start.getUTCDay(), 1)
        assert.equal(generationOf(start), generation)
        assert.equal(generationOf(new Date(end.getTime() - 1)), generation)
        assert.notEqual(generationOf(end), generation)
      }),
    )
  })

  it('sorts as text by time', () => {
    fc.assert(
      fc.property(times, times, (one, other) => {
        const [early, late] = one <= other ? [one, other] : [other, one]
        assert.ok(generationOf(early) <= generationOf(late))
      }),
    )
  })

  it('does not take weeks that never were', () => {
    for (const text of ['2025-W53', '2026-W54', '2026-W00', '2026-W1', '26-W01', '2026-W48 ', '']) {
      assert.equal(isGeneration(text), false, text)
    }
  })
})
