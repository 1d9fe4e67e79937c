import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parsePartition } from '../../../src/pipeline/partition.ts'

const HOUR_MS = 3_600_000
const FIRST_HOUR = Date.parse('0001-01-01T00:00:00Z') / HOUR_MS
const LAST_HOUR = Date.parse('9999-12-31T22:00:00Z') / HOUR_MS

const hour = fc
  .integer({ min: FIRST_HOUR, max: LAST_HOUR })
  .map((hours) => new Date(hours * HOUR_MS).toISOString().slice(0, 13))
const slice = fc
  .tuple(hour, fc.constantFrom(4, 7, 10, 13))
  .map(([text, length]) => text.slice(0, length))
  .filter((text) => !['9999', '9999-12', '9999-12-31'].includes(text))

for (const [text, start, end, name = text] of [
  ['2001', '2001-01-01T00:00:00Z', '2002-01-01T00:00:00Z'],
  ['2001-12', '2001-12-01T00:00:00Z', '2002-01-01T00:00:00Z'],
  ['2000-02-29', '2000-02-29T00:00:00Z', '2000-03-01T00:00:00Z'],
  ['2001-01-05T23', '2001-01-05T23:00:00Z', '2001-01-06T00:00:00Z'],
  ['2001-01..2001-07', '2001-01-01T00:00:00Z', '2001-08-01T00:00:00Z'],
  ['2001-01..2001-01', '2001-01-01T00:00:00Z', '2001-02-01T00:00:00Z', '2001-01'],
  ['2001-01-01..2001-12-31', '2001-01-01T00:00:00Z', '2002-01-01T00:00:00Z', '2001'],
  ['2001..2002-03-05', '2001-01-01T00:00:00Z', '2002-03-06T00:00:00Z', '2001-01-01..2002-03-05'],
  ['0001', '0001-01-01T00:00:00Z', '0002-01-01T00:00:00Z'],
  ['9999-12-31T22', '9999-12-31T22:00:00Z', '9999-12-31T23:00:00Z'],
] as const) {
  test(`${text} is [${start}, ${end})`, () => {
    assert.deepEqual(parsePartition(text), { name, interval: { start, end } })
  })
}

for (const text of [
  '',
  '..',
  '2001..',
  '..2001',
  '2001..2002..2003',
  '2002..2001',
  '2001-02..2001-01',
  '2001-02-30',
  '2001-13',
  '2001-00',
  '2001-01-05T24',
  '2001-1',
  '01',
  '0000',
  '9999',
  '12001',
  '2001-01-05T13:00',
  '2001-01-05t13',
  '2001-01-05T13Z',
  ' 2001',
  '2001\n',
  '２００１',
  '../x',
]) {
  test(`${JSON.stringify(text)} is refused with examples`, () => {
    assert.throws(() => parsePartition(text), {
      code: 'PARTITION_INVALID',
      remedy: /2001-01\.\.2001-07/,
    })
  })
}

test('a name and its interval determine each other', () => {
  fc.assert(
    fc.property(slice, slice, (one, other) => {
      const [from, to] = one < other ? [one, other] : [other, one]
      const ranged = parsePartition(`${from}..${to}`)
      assert.deepEqual(parsePartition(ranged.name), ranged)
      assert.equal(ranged.interval.start, parsePartition(from).interval.start)
      assert.ok(Date.parse(ranged.interval.start) < Date.parse(ranged.interval.end))
      const inHours = new Date(Date.parse(ranged.interval.end) - HOUR_MS).toISOString().slice(0, 13)
      const spelled = `${ranged.interval.start.slice(0, 13)}..${inHours}`
      assert.equal(parsePartition(spelled).name, ranged.name)
    }),
  )
})

test('a slice is its own name', () => {
  fc.assert(fc.property(slice, (text) => assert.equal(parsePartition(text).name, text)))
})

test('neighbouring months share their boundary', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9998 }),
      fc.integer({ min: 1, max: 11 }),
      (year, month) => {
        const name = (number: number) =>
          `${String(year).padStart(4, '0')}-${String(number).padStart(2, '0')}`
        assert.equal(
          parsePartition(name(month)).interval.end,
          parsePartition(name(month + 1)).interval.start,
        )
      },
    ),
  )
})
