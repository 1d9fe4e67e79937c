import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { splitPlain } from '../../../activities/conversion/split-plain.ts'
import {
  splitRecords,
  type RecordsPlace,
  type SplitRecords,
} from '../../../activities/json/split-records.ts'

const lines = { kind: 'lines' } as const
const array = { kind: 'array', start: 0 } as const

/** What a page is made of: mostly what is plain, and now and then what is not, or is no JSON. */
function mostly(plain: readonly string[], odd: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 80, arbitrary: fc.constantFrom(...plain) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  )
}

const numbers = ['0', '7', '-7', '-0', '1.10', '-0.0', '0e0', '1E+3', '2.5e-7', '123456789012345']
const longNumbers = ['1234567890123456', '-12345678901234', '-123456789012345', '1'.repeat(40)]
const noNumbers = ['01', '-', '-01', '1.', '.5', '1e', '1e+', '+1', '1_0', '0x1', '1.5.5', '1-1']
const words = ['null', 'true', 'false']
const noWords = ['nul', 'nulls', 'True', 'falsy', 'NaN', 'Infinity', '-Infinity', '']
const texts = ['""', '"x"', '"é\u2028"', String.raw`"\u0041\\\"\n"`, '"{}],1.5"', '"null"']
const noTexts = ['"', '"a', String.raw`"\"`, '"a\tb"', '"a\nb"', '"a\\\nb"', '"\u0001"', "'a'"]
const nested = ['[]', '{}', '[1,2]', '[1.5]', '{"a":-0}', '[1,]']

const value = mostly(
  [...numbers, ...longNumbers, ...words, ...texts],
  [...noNumbers, ...noWords, ...noTexts, ...nested],
)
const noNames = [String.raw`"\u0061"`, String.raw`"a\"`, 'a', '"a', '"a\n"', '1']
const name = mostly(['"a"', '"b c"', '""', '"é"'], noNames)
const member = fc
  .tuple(name, mostly([':', ': '], [' :', ':  ', ':\t', '', '::']), value)
  .map((pieces) => pieces.join(''))

function joined(
  items: fc.Arbitrary<string>,
  between: fc.Arbitrary<string>,
): fc.Arbitrary<readonly string[]> {
  return fc
    .array(fc.tuple(items, between), { minLength: 1, maxLength: 4 })
    .map((pairs) => pairs.flat().slice(0, -1))
}

const record = fc
  .tuple(
    mostly(['{'], ['', '{ ', '[', ' {', '\r{']),
    joined(member, mostly([',', ', '], [',,', ' ,', ',  ', ',\n', ''])),
    mostly(['}'], ['', ' }', ',}', '}}', ']', '},', '} ', '}{}']),
  )
  .map(([open, members, close]) => open + members.join('') + close)

const linesBody = fc
  .tuple(
    mostly([''], ['\uFEFF', '\n', ' ']),
    joined(record, mostly(['\n'], ['\r\n', '\n\n', ' \n', '\n ', '', ','])),
    mostly(['', '\n'], ['\r\n', '\n\n', '\n{', ' ', '\0']),
  )
  .map(([start, records, end]) => start + records.join('') + end)
const arrayBody = fc
  .tuple(
    joined(record, mostly([',', ', '], [',\n', ' , ', ',,', '', ';'])),
    mostly([']'], ['', ' ]', '}']),
  )
  .map(([records, end]) => `[${records.join('')}${end}`)

/** The same as bytes, one of which may be another. */
function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const damage = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 2 })
  return fc.tuple(text, damage).map(([written, change]) => {
    const body = Buffer.from(written)
    if (change !== null) body[change[0] % body.length] = change[1]
    return body
  })
}

function told({ pieces, ...others }: SplitRecords) {
  return { ...others, bytes: Buffer.concat(pieces).toString('latin1') }
}

/** Whether it was plain; then the two ways must agree. */
function compare(body: Buffer, place: RecordsPlace): boolean {
  const given = Buffer.from(body)
  const plain = splitPlain(given, place)
  if (plain === undefined) {
    assert.deepEqual(given, body)
    return false
  }
  assert.deepEqual(told(plain), told(splitRecords(Buffer.from(body), place)))
  return true
}

describe('splitPlain', () => {
  for (const [place, text] of [
    [lines, linesBody],
    [array, arrayBody],
  ] as const) {
    test(`gives what splitRecords gives of ${place.kind}, or leaves the body as it is`, () => {
      let plain = 0
      fc.assert(
        fc.property(damaged(text), (body) => {
          if (compare(body, place)) plain += 1
        }),
        { numRuns: 2000 },
      )
      assert.ok(plain > 400, `only ${plain} of 2000 pages were plain`)
    })
  }

  test('takes what is plain, whatever its numbers are', () => {
    for (const each of [...numbers, ...longNumbers, ...words, ...texts]) {
      assert.ok(compare(Buffer.from(`{"a":${each},"b": ${each}}\n{"a":${each}}`), lines), each)
      assert.ok(compare(Buffer.from(`[{"a":${each}}, {"a":${each}},{"b":1}]`), array), each)
    }
  })

  test('takes nothing else', () => {
    for (const each of [...noNumbers, ...noWords, ...noTexts, ...nested]) {
      assert.equal(compare(Buffer.from(`{"b":1}\n{"a":${each}}\n`), lines), false, each)
      assert.equal(compare(Buffer.from(`[{"b":1},{"a":${each}}]`), array), false, each)
    }
    for (const each of noNames) {
      assert.equal(compare(Buffer.from(`{"b":1,${each}:1}\n`), lines), false, each)
    }
    for (const body of ['', '\n', '{}', '{"a":1', '{"a":1}\r\n', '{"a":1}x', '[{"a":1}]', 'null']) {
      assert.equal(compare(Buffer.from(body), lines), false, body)
    }
    for (const body of ['[]', '[', '[{"a":1}', '[{"a":1},', '[{"a":1},]', '[1]']) {
      assert.equal(splitPlain(Buffer.from(body), array), undefined, body)
    }
  })

  test('leaves a record that is longer than a record may be', () => {
    const body = Buffer.alloc(64 * 2 ** 20 + 9, 'x')
    body.write('{"a":"', 0)
    body.write('"}', body.length - 2)
    assert.equal(splitPlain(body, lines), undefined)
    assert.equal(
      splitPlain(Buffer.concat([body.subarray(0, 100), body.subarray(-2)]), lines)?.count,
      1,
    )
  })
})
