import assert from 'node:assert/strict'
import { matchesGlob as matchesByNode } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesGlob, parseGlob } from '../../../../src/sources/files/glob.ts'

const matches = (pattern: string, path: string) => matchesGlob(parseGlob(pattern), path)

const CASES: readonly (readonly [string, string, boolean])[] = [
  ['*.csv', 'a.csv', true],
  ['*.csv', '.csv', false],
  ['*.csv', 'a.csv.gz', false],
  ['*.csv', 'b/a.csv', false],
  ['a?.csv', 'ab.csv', true],
  ['a?.csv', 'a\u{1F600}.csv', true],
  ['a?.csv', 'a.csv', false],
  ['a?c', 'a/c', false],
  ['**/*.csv', 'a.csv', true],
  ['**/*.csv', 'b/c/a.csv', true],
  ['**/*.csv', 'b/.c/a.csv', false],
  ['**', 'b/c/a.csv', true],
  ['b/**', 'b', false],
  ['b/**', 'b/c', true],
  ['b/**/a', 'b/a', true],
  ['b/**/a/**/a', 'b/a', false],
  ['b/**/a/**/a', 'b/a/x/a', true],
  ['.*', '.a', true],
  ['*', '.a', false],
  ['?a', '.a', false],
  ['*', '', true],
  ['a//b', 'a//b', true],
  ['a/*/b', 'a//b', true],
  ['[ab]{c}\\+', '[ab]{c}\\+', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b', 'ab', true],
  ['*a*b', 'ba', false],
]

for (const [pattern, path, expected] of CASES) {
  test(`${pattern} ${expected ? 'matches' : 'does not match'} ${path}`, () => {
    assert.equal(matches(pattern, path), expected)
  })
}

test('a pattern matches what it matches for Node', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 4 })
  // Node gives these a meaning as names of folders.
  const names = fc.array(
    name.filter((text) => !/^\.\.?$/.test(text)),
    { minLength: 1, maxLength: 4 },
  )
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '?', '*'), minLength: 1, maxLength: 4 })
  const pattern = fc.array(
    fc.oneof(
      part.map((text) => text.replaceAll(/\*+/g, '*')),
      fc.constant('**'),
    ),
    { minLength: 1, maxLength: 4 },
  )
  fc.assert(
    fc.property(pattern, names, (segments, path) => {
      const [glob, text] = [segments.join('/'), path.join('/')]
      assert.equal(matches(glob, text), matchesByNode(text, glob), `${glob} ${text}`)
    }),
    { numRuns: 3000 },
  )
})

test('a pattern of many stars takes no longer than its length asks for', () => {
  const stars = '*a'.repeat(100)
  assert.equal(matches(`${stars}b`, 'a'.repeat(1000)), false)
  assert.equal(matches(`${'**/a/'.repeat(50)}b`, 'a/'.repeat(500)), false)
})

test('the names that a pattern begins with are known', () => {
  for (const [pattern, letters] of [
    ['part-*.csv', 'part-'],
    ['**/a', ''],
    ['a/*', 'a'],
    ['?a', ''],
  ] as const) {
    assert.equal(parseGlob(pattern).firstLetters, letters)
  }
})
