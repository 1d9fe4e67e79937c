import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { scalarCastSql } from '../../../activities/conversion/scalar-sql.ts'
import { literal } from '../../../activities/conversion/sql-text.ts'
import { queryTexts } from '../../../activities/conversion/query-texts.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'

const digits = (max: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789049959')), maxLength: max })
const number = fc
  .tuple(
    fc.constantFrom('', '', '', '-', '+', ' ', '0', '-0'),
    fc.oneof(digits(4), digits(20), digits(40)),
    fc.constantFrom('', '.', '.'),
    fc.oneof(digits(3), digits(10), digits(22), digits(45)),
    fc.constantFrom('', '', '', ' ', '\n', '_', '0', 'x'),
  )
  .map((parts) => parts.join(''))
const hostile = fc
  .array(
    fc.constantFrom(
      '',
      ' ',
      '\t',
      '\n',
      '+',
      '-',
      '+-',
      '.',
      '..',
      '_',
      '__',
      ',',
      '$',
      '\u00A0',
      '\u0661',
      '0',
      '00',
      '1',
      '5',
      '9',
      '49',
      '50',
      '1_0',
      '0x1',
      '999',
      '4999999999',
      '5000000000',
      '99999999999999999999',
      '0'.repeat(30),
      'inf',
      'nan',
      'a',
      '(1)',
      '1 2',
    ),
    { maxLength: 7 },
  )
  .map((parts) => parts.join(''))

/** Rounding at half, where the narrow type is full, and one digit to either side of it. */
const edges = [18, 19, 9, 10].flatMap((length) =>
  ['9'.repeat(length), `1${'0'.repeat(length - 1)}`].flatMap((whole) =>
    ['', '.', '.5', '.49', '.995', '.9999999995', `.${'4'.repeat(30)}5`].flatMap((fraction) =>
      ['', '-', ' +', '000'].map((before) => before + whole + fraction),
    ),
  ),
)

const types = [
  [19, 0],
  [19, 18],
  [20, 19],
  [24, 6],
  [38, 0],
  [38, 2],
  [38, 9],
  [38, 10],
  [38, 18],
  [38, 20],
  [38, 38],
] as const

describe('a decimal number', () => {
  const bed = useDuckDb()

  /** The texts that are read in another way than by DuckDB's cast alone. */
  function different(texts: readonly string[], [precision, scale]: readonly [number, number]) {
    const cast = scalarCastSql({ kind: 'numeric', precision, scale }, 'source.t')
    const rows = texts.map((text) => `(${literal(text)})`).join(', ')
    return bed.duckDb.withConnection(new AbortController().signal, (connection) =>
      queryTexts(
        connection,
        `SELECT t, ours::VARCHAR, theirs::VARCHAR FROM (
           SELECT t, ${cast} AS ours, TRY_CAST(t AS DECIMAL(${precision}, ${scale})) AS theirs
           FROM (VALUES ${rows}) source(t)) WHERE ours IS DISTINCT FROM theirs`,
      ),
    )
  }

  test('is read by way of a narrow type as it is read without', async () => {
    for (const type of types) assert.deepEqual(await different(edges, type), [])
    const texts = fc.array(fc.oneof(number, hostile), { minLength: 500, maxLength: 500 })
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom(...types), async (some, type) => {
        assert.deepEqual(await different(some, type), [])
      }),
      { numRuns: 60, endOnFailure: true },
    )
  })

  test('has its exponent worked out first', async () => {
    const texts = ['1e3', '12.5E-1', '1e-1', '-4.5e-1', '123456789012345678901e-3', '1e40', 'e1']
    const read = (scale: number) =>
      bed.duckDb.withConnection(new AbortController().signal, (connection) =>
        queryTexts(
          connection,
          `SELECT ${scalarCastSql({ kind: 'numeric', precision: 38, scale }, 't')}::VARCHAR
           FROM (VALUES ${texts.map((text, place) => `(${place}, ${literal(text)})`).join(', ')}) source(place, t)
           ORDER BY place`,
        ),
      )
    assert.deepEqual((await read(0)).flat(), [
      '1000',
      '1',
      '0',
      '0',
      '123456789012345679',
      undefined,
      undefined,
    ])
    assert.deepEqual((await read(10)).flat(), [
      '1000.0000000000',
      '1.2500000000',
      '0.1000000000',
      '-0.4500000000',
      '123456789012345678.9010000000',
      undefined,
      undefined,
    ])
  })
})
