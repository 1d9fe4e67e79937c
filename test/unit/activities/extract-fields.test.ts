import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { extractFields } from '../../../activities/json/extract-fields.ts'
import { splitRecords } from '../../../activities/json/split-records.ts'

const asJson = (...path: string[]) => ({ name: 'field', path, asJson: true })
const asText = (...path: string[]) => ({ name: 'field', path, asJson: false })

function extracted(record: string | Buffer, field: ReturnType<typeof asJson>): unknown {
  const text = extractFields(Buffer.from(record), 0, [field]).toString('utf8')
  const { field: value } = JSON.parse(`{${text.replace(/,$/, '')}}`) as { field: unknown }
  return value
}

describe('extractFields', () => {
  test('gives JSON as the text that the source wrote', () => {
    for (const text of ['1.10', '{ "b": 1e400,\n"a":[ ] }', '"\\u00e9"', 'true', '[1,2]', '""']) {
      assert.equal(extracted(`{"x":1, "doc" : ${text} }`, asJson('doc')), text)
    }
    assert.equal(extracted('{"doc":null}', asJson('doc')), null)
    assert.equal(extracted('{}', asJson('doc')), undefined)
  })

  test('gives a nested field its own digits, and a text without its quotes', () => {
    const record =
      '{"a":{"b":{"n":12345678901234567890.10,"s":"\\u00e9\\"","t":true,"z":null,"o":{"p":1.0}}}}'
    assert.equal(extracted(record, asText('a', 'b', 'n')), '12345678901234567890.10')
    assert.equal(extracted(record, asText('a', 'b', 's')), 'é"')
    assert.equal(extracted(record, asText('a', 'b', 't')), 'true')
    assert.equal(extracted(record, asText('a', 'b', 'z')), null)
    assert.equal(extracted(record, asText('a', 'b', 'o')), '{"p":1.0}')
    for (const path of [['a', 'x'], ['a', 'b', 'n', 'x'], ['a', 'b', 's', 'length'], ['x']]) {
      assert.equal(extracted(record, asText(...path)), undefined)
    }
  })

  test('finds names that are written in another way, and the last of several', () => {
    assert.equal(extracted('{"\\u0061":{"b":1}}', asText('a', 'b')), '1')
    assert.equal(extracted('{"a":{"b":1,"b":2}}', asText('a', 'b')), '2')
    assert.equal(extracted('{"a":{"b":1},"a":{}}', asText('a', 'b')), undefined)
    assert.equal(extracted('{"__proto__":{"b":1}}', asText('__proto__', 'b')), '1')
  })

  describe('says why a record should be set aside', () => {
    const problemsOf = (record: string, ...paths: string[][]): string[] => {
      const problems: string[] = []
      const fields = paths.map((path) => ({ ...asText(...path), name: path.join() }))
      extractFields(Buffer.from(record), 0, fields, problems)
      return problems
    }
    const twice = (name: string): string => `the field "${name}" is there twice`
    const path = ['a', 'b', 'c']

    test('where one object has a member of the path twice, however it is written', () => {
      assert.deepEqual(problemsOf('{"a":{"b":{"c":1,"c":1}}}', path), [twice('$.a.b.c')])
      assert.deepEqual(problemsOf('{"a":{"b":{"c":1},"\\u0062":null}}', path), [twice('$.a.b')])
      assert.deepEqual(problemsOf('{"a":{"b":{}},"a":{"b":{"c":1}}}', path), [twice('a')])
      assert.deepEqual(problemsOf('{"a":{"b":2,"b":3}}', ['x'], ['a', 'b']), [twice('$.a.b')])
    })

    test('where an object on the path is no JSON', () => {
      assert.deepEqual(problemsOf('{"a":{"b" 1}}', path), ['a colon is missing'])
      assert.deepEqual(problemsOf('{"a":{"b":{"c":}}}', path), ['a value is missing'])
    })

    test('but not for what stands beside the path, behind it, or in two objects', () => {
      const records = [
        '{"a":{"b":{"c":{"d":1,"d":1}}}}',
        '{"a":{"b":{"x":1,"x":1}},"x":1,"x":1}',
        '{"a":{"x":1,"x":1},"b":{"c":1},"c":1}',
        '{"a":[{"b":1,"b":1}]}',
        '{"a":{"b":[{"c":1},{"c":1}]}}',
        '{"a":{"b":{"a":1,"b":1,"c":1}}}',
        '{"a":{"b":{"c":1},"B":1}}',
      ]
      for (const record of records) {
        assert.deepEqual(problemsOf(record, path, ['b', 'c'], ['a', 'b']), [], record)
      }
    })
  })

  test('keeps bytes that are no UTF-8, for DuckDB to refuse', () => {
    const record = Buffer.from('{"a":["\xff"]}', 'latin1')
    assert.ok(extractFields(record, 0, [asJson('a')]).includes(0xff))
  })

  test('puts them first into each record, whatever else is in it', () => {
    const value = fc.jsonValue({ maxDepth: 2 })
    const record = fc.dictionary(fc.stringMatching(/^[b-z]{1,3}$/), value, { maxKeys: 3 })
    const property = fc.property(fc.array(fc.tuple(record, value), { minLength: 1 }), (pairs) => {
      const text = JSON.stringify(
        pairs.map(([rest, doc]) => ({ ...rest, a: { doc } })),
        null,
        1,
      )
      const fields = [asJson('a', 'doc')]
      const { pieces } = splitRecords(
        Buffer.from(text),
        { kind: 'array', start: 0 },
        { extracted: fields },
      )
      const lines = Buffer.concat(pieces).toString('utf8').trimEnd().split('\n')
      assert.equal(lines.length, pairs.length)
      for (const [index, line] of lines.entries()) {
        const { field } = JSON.parse(line) as { field: string | null }
        const doc: unknown = JSON.parse(JSON.stringify(pairs[index]?.[1]))
        assert.deepEqual(field === null ? null : JSON.parse(field), doc)
      }
    })
    fc.assert(property)
  })
})
