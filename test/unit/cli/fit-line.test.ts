import assert from 'node:assert/strict'
import { test } from 'node:test'
import { styleText, stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { fitLine } from '../../../src/cli/fit-line.ts'

const coloured = (text: string) => styleText('yellow', text, { validateStream: false })

test('a line that fits stays as it is, and so does each where the terminal does not say', () => {
  assert.equal(fitLine(coloured('abc'), 4), coloured('abc'))
  assert.equal(fitLine('abcdef', undefined), 'abcdef')
  assert.equal(fitLine('abcdef', 0), 'abcdef')
})

test('a line never reaches the edge, and its colours end', () => {
  const words = fc.array(fc.tuple(fc.boolean(), fc.string()), { maxLength: 8 })
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 40 }), (parts, columns) => {
      const plain = parts.map(([, text]) => stripVTControlCharacters(text))
      const line = plain.map((text, at) => (parts[at]?.[0] ? coloured(text) : text)).join('')
      const shown = fitLine(line, columns)
      assert.equal(stripVTControlCharacters(shown), plain.join('').slice(0, columns - 1))
      assert.equal(shown.split('\u001b[33m').length, shown.split('\u001b[39m').length)
    }),
  )
})
