import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { fillQuery } from '../../../../src/sources/postgres/fill-query.ts'
import { queryProblem } from '../../../../src/sources/postgres/query-problem.ts'
import { sqlPieces } from '../../../../src/sources/postgres/sql-pieces.ts'

const slice = {
  partition: '2001-01',
  interval: { start: '2001-01-01T00:00:00Z', end: '2001-02-01T00:00:00Z' },
  highWaterMark: `it's \\ {partition}`,
}

describe('the query of a PostgreSQL source', () => {
  const good = [
    'select 1',
    ' -- first\n/* a /* nested; */ one */ WITH a AS (SELECT 1) TABLE a;',
    'VALUES (1), (2) ; ; -- the end',
    '(SELECT 1) UNION (SELECT 2)',
    `SELECT ';', E'\\'; ''', "a;)", $$ ;) $$, $q$ $$ ( ; $q$, U&'\\0441' FROM t$a$b`,
    `SELECT E'a'\n  -- and\n  'b\\' )', 1`,
    `SELECT '\\' || 'x'`,
    'SELECT * FROM t WHERE at >= {interval.start} AND p = {partition} -- {nothing}',
  ]
  for (const text of good) {
    it(`may be: ${text}`, () => assert.equal(queryProblem(text), undefined))
  }

  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /must be one SELECT/],
    ['-- SELECT', /must be one SELECT/],
    ['DELETE FROM t', /must be one SELECT/],
    ['EXPLAIN SELECT 1', /must be one SELECT/],
    ['SELECT 1; SELECT 2', /more than one statement/],
    [`SELECT 1) TO PROGRAM 'touch x' --`, /parentheses/],
    [`SELECT '\\') TO PROGRAM ''x'' --'`, /parentheses/],
    [`SELECT E'a' 'b\\') TO PROGRAM ''x'' --'`, /parentheses/],
    ['SELECT (1', /parentheses/],
    [`SELECT 'a`, /not closed/],
    [`SELECT E'a\\'`, /not closed/],
    [`SELECT E'a'\n'b\\'`, /not closed/],
    ['SELECT "a', /not closed/],
    ['SELECT $a$ $b$', /not closed/],
    ['SELECT 1 /* /* */', /not closed/],
    [`SELECT '{partition}'`, /\{partition\} inside of quotes/],
    ['SELECT "{high_water_mark}"', /inside of quotes/],
    ['SELECT {interval.begin}', /\{interval\.begin\}, which is unknown/],
    ['SELECT {', /unknown/],
    ['SELECT \0', /NUL/],
  ]
  for (const [text, problem] of bad) {
    it(`may not be: ${JSON.stringify(text)}`, () =>
      assert.match(queryProblem(text) ?? 'good', problem))
  }

  it('has literals for placeholders, whatever stands in them', () => {
    const looped = { ...slice, partition: '{high_water_mark}' }
    assert.equal(fillQuery('SELECT {partition}', looped), `SELECT  '{high_water_mark}' `)
    const text = `SELECT '{a}', 1 /* {partition} */ WHERE a>{high_water_mark}'' AND b={partition};`
    assert.equal(
      fillQuery(text, slice),
      `SELECT '{a}', 1 /* {partition} */ WHERE a>  E'it''s \\\\ {partition}' '' AND b= '2001-01' `,
    )
  })

  it('is cut into pieces that together are the text', () => {
    const parts = [`'`, '"', '\\', '$', '$$', '$a$', 'E', 'e', '--', '/*', '*/', '\n', '{', '}']
    const texts = fc.array(fc.oneof(fc.constantFrom(...parts, ';', '(', ')', ' '), fc.string()))
    fc.assert(
      fc.property(texts, (words) => {
        const text = words.join('')
        const pieces = sqlPieces(text)
        assert.equal(pieces.map((piece) => piece.text).join(''), text)
        assert.ok(pieces.every((piece) => piece.text !== ''))
      }),
      { numRuns: 500 },
    )
  })
})
