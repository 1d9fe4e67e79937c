import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readJsonPage } from '../../../activities/json/read-json-page.ts'
import { countRecords, splitRecords } from '../../../activities/json/split-records.ts'

const record = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 })

function splitArray(text: string): { lines: string[]; count: number } {
  const body = Buffer.from(text)
  const { recordsStart } = readJsonPage(body, { records: [], next: undefined })
  return joined(splitRecords(body, { kind: 'array', start: recordsStart }))
}

function splitLines(text: string): { lines: string[]; count: number } {
  return joined(splitRecords(Buffer.from(text), { kind: 'lines' }))
}

function joined({ pieces, count }: ReturnType<typeof splitRecords>) {
  const text = Buffer.concat(pieces).toString('utf8')
  return { lines: text === '' ? [] : text.replace(/\n$/, '').split('\n'), count }
}

/** What a line must say: risky values as text of their own, the others as they were. */
function asRead(value: unknown): unknown {
  const text = JSON.stringify(value)
  const isText = typeof value === 'string'
  const numbers = isText
    ? []
    : (text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [])
  // JSON has no -0 once JSON.stringify has written it.
  const written: unknown = JSON.parse(text)
  return numbers.some((digits) => /[.eE]/.test(digits) || digits.length > 15) ? text : written
}

describe('splitRecords', () => {
  test('gives one line a record, risky values as their own text, at any indentation', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 6 }),
        fc.constantFrom(undefined, 2, '\t'),
        (records, indent) => {
          const { lines, count } = splitArray(JSON.stringify(records, null, indent))
          assert.equal(count, records.length)
          assert.equal(lines.length, records.length)
          for (const [index, line] of lines.entries()) {
            const got: unknown = JSON.parse(line)
            const expected = Object.entries(records[index] ?? {}).map(([name, value]) => {
              const compact = asRead(value)
              // A nested value's own white space is part of its text.
              return [
                name,
                indent !== undefined && typeof value === 'object' && typeof compact === 'string'
                  ? 'text'
                  : compact,
              ]
            })
            const seen = Object.entries(got as object).map(([name, value], place) => [
              name,
              expected[place]?.[1] === 'text' && typeof value === 'string' ? 'text' : value,
            ])
            assert.deepEqual(seen, expected)
          }
        },
      ),
    )
  })

  test('keeps the digits of numbers that a double would change', () => {
    const { lines } = splitArray(
      '[{"a":12345678901234567890.10,"b":1e400,"c":7,"d":[1.10],"e":-0.0}]',
    )
    assert.deepEqual(JSON.parse(lines[0] ?? ''), {
      a: '12345678901234567890.10',
      b: '1e400',
      c: 7,
      d: '[1.10]',
      e: '-0.0',
    })
  })

  test('reads one object a line: blank lines, CRLF, a byte order mark, no last line end', () => {
    const text = '\uFEFF{"a":1}\r\n\r\n{"a":"\u2028\u0085"}\n{"a":3.5}'
    assert.equal(countRecords(Buffer.from(text)), 3)
    const { lines, count } = splitLines(text)
    assert.equal(count, 3)
    assert.deepEqual(
      lines
        .map((line) => (line.trim() === '' ? 'blank' : JSON.parse(line)))
        .filter((line) => line !== 'blank'),
      [{ a: 1 }, { a: '\u2028\u0085' }, { a: '3.5' }],
    )
  })

  test('puts an empty object where a record is none, and counts it', () => {
    for (const text of ['{"a":1} {"a":2}', '[1]', '5', '{"a":1},', '{"a":', 'null', '{"a":[[[']) {
      const lines = `${text}\n{"b":1}\n`
      assert.equal(countRecords(Buffer.from(lines)), 2)
      assert.deepEqual(splitLines(lines), { lines: ['{}', '{"b":1}'], count: 2 }, text)
    }
    assert.deepEqual(splitArray('[{"a":1},2,{"a":"x\ny"}]').lines, ['{"a":1}', '{}', '{}'])
  })

  test('reads lines that never close what they open in one go', () => {
    const lines = '{"a":[\n'.repeat(50_000)
    assert.equal(splitLines(lines).count, 50_000)
    assert.throws(() => splitLines(lines.repeat(3)), /too many records are malformed/)
  })

  test('an empty array and an empty body have no records', () => {
    assert.equal(splitArray('[ ]').count, 0)
    assert.equal(splitLines('').count, 0)
    assert.equal(splitLines('\n\n').count, 0)
  })
})
