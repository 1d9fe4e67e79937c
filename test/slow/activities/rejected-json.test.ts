import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf, convertBodies } from '../../unit/activities/convert-bodies.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/records')
const idAndText = columnsOf({ id: 'integer', t: 'text' })

describe('a bad JSON record', () => {
  const bed = useDuckDb()

  const fixture = (name: string): Promise<Buffer> => readFile(join(fixtures, name))

  test('is none for a byte order mark, CRLF, blank lines, odd separators in texts and no last line end', async () => {
    const body = await fixture('separators.ndjson')
    const { rows, recordCount } = await convertBodies(bed.duckDb, 'ndjson', idAndText, [body])
    assert.equal(recordCount, 6)
    assert.deepEqual(rows, [
      [1, 'bom first'],
      [2, 'crlf'],
      [3, 'ls\u2028 ps\u2029 nel\u0085 vt\v'],
      [4, 'lone cr \r escaped'],
      [5, '中文 boundary'],
      [6, 'no trailing newline'],
    ])
  })

  test('is a line that is not one object, by its number, with what stands there', async () => {
    const body = await fixture('not-objects.ndjson')
    const { rows, rejects, ...counts } = await convertBodies(bed.duckDb, 'ndjson', idAndText, [
      '{"id":0,"t":"first page"}\n',
      body,
    ])
    assert.deepEqual(rows, [
      [0, 'first page'],
      [6, 'd'],
      [9, 'f'],
    ])
    assert.equal(counts.recordCount, 12)
    assert.equal(counts.rejectCount, 9)
    const follows = 'something follows the object on its line'
    const noObject = 'the record is not an object'
    const lines = body.toString().split('\n')
    assert.deepEqual(
      rejects.map(({ page, record, line, reason, fields, raw }) => {
        assert.deepEqual([page, fields, raw], ['page-1', null, lines[record]])
        return [record, line, reason]
      }),
      [
        [0, 1, follows],
        [1, 2, follows],
        [2, 3, noObject],
        [3, 4, noObject],
        [4, 5, noObject],
        [5, 6, noObject],
        [7, 8, 'an object does not go on as it should'],
        [8, 9, noObject],
        [9, 10, 'the record is not JSON'],
      ],
    )
    assert.equal(counts.firstReject, follows)
  })

  test('is not a last line that was cut off: the source is asked again', async () => {
    for (const end of [
      '{"id":2,"t":"x',
      '{"id":2',
      '{"id":2,"t":"x"',
      '{',
      '{"id":2,"t":tru',
      '[1,',
    ]) {
      await assert.rejects(
        convertBodies(bed.duckDb, 'ndjson', idAndText, [`{"id":1,"t":"a"}\n${end}`]),
        (error: Error & { code?: string; retryable?: boolean }) => {
          assert.deepEqual([error.code, error.retryable], ['SOURCE_MALFORMED', true], end)
          assert.match(error.message, /the last line was cut off/)
          return true
        },
      )
      const ended = await convertBodies(bed.duckDb, 'ndjson', idAndText, [
        `{"id":1,"t":"a"}\n${end}\n`,
      ])
      assert.deepEqual([ended.rowCount, ended.rejectCount], [1, 1], end)
    }
  })

  test('is not a body of lines without any object: that is another format', async () => {
    for (const body of ['<!doctype html>\n<title>Log in</title>\n', '[{"id":1},{"id":2}]\n']) {
      await assert.rejects(convertBodies(bed.duckDb, 'ndjson', idAndText, [body]), {
        code: 'SOURCE_MALFORMED',
        retryable: true,
      })
    }
    const { recordCount } = await convertBodies(bed.duckDb, 'ndjson', idAndText, ['\n\r\n', ''])
    assert.equal(recordCount, 0)
  })

  test('is an element of a JSON page that is no object, or wrong inside', async () => {
    const pages = [
      '[]',
      '[ 1, {"id":1,"t":"a"},null,[{"id":2}],\n{"id":3,"t":"b"}\n , "x"]',
      '[{"id":4,"t":"c"}, {"id" 5}, {"id":6,"t":"line\nend"}, {"id":7,\n"t":"d"}, {"id":8,"t":"\\q"}]',
    ]
    const { rows, rejects } = await convertBodies(bed.duckDb, 'json', idAndText, pages)
    assert.deepEqual(rows, [
      [1, 'a'],
      [3, 'b'],
      [4, 'c'],
      [7, 'd'],
    ])
    assert.deepEqual(
      rejects.map(({ page, record, line, reason, raw }) => [page, record, line, reason, raw]),
      [
        ['page-1', 0, null, 'the record is not an object', '1'],
        ['page-1', 2, null, 'the record is not an object', 'null'],
        ['page-1', 3, null, 'the record is not an object', '[{"id":2}]'],
        ['page-1', 5, null, 'the record is not an object', '"x"'],
        ['page-2', 1, null, 'a colon is missing', '{"id" 5}'],
        ['page-2', 2, null, 'a text holds a bare line end', '{"id":6,"t":"line\nend"}'],
        ['page-2', 4, null, 'the record is not JSON', '{"id":8,"t":"\\q"}'],
      ],
    )
    await assert.rejects(convertBodies(bed.duckDb, 'json', idAndText, ['[{"id":1},{"id":2]']), {
      code: 'SOURCE_MALFORMED',
    })
  })

  test('is one that JSON readers differ about, whatever stands beside it', async () => {
    const bad = {
      '{"id":NaN,"t":"a"}': 'the record is not JSON',
      '{"id":1,"t":nan}': 'the record is not JSON',
      '{"id":1,"t":-Infinity}': 'the record is not JSON',
      '{"id":1,"t":[1,NaN]}': 'the record is not JSON',
      '{"id":1,"t":[1,2,]}': 'the record is not JSON',
      '{"id":1,"t":{"a":1,}}': 'the record is not JSON',
      '{"id":1,"t":1.5.2}': 'the record is not JSON',
      '{"id":1,"t":1e}': 'the record is not JSON',
      '{"id":1,"t":[1.5,tru]}': 'the record is not JSON',
      '{"id":1,"t":[1.5,"\\ud800"]}': 'a text holds half of a surrogate pair',
      '{"id":01,"t":"a"}': 'the record is not JSON',
      '{"id":1,"t":"\\ud83d end"}': 'a text holds half of a surrogate pair',
      '{"id":1,"t":"\\ude00 end"}': 'a text holds half of a surrogate pair',
      '{"id":1,"x":"\\\\\\ud83d\\u0041"}': 'a text holds half of a surrogate pair',
      '{"id":1,"t":"a","t":"b"}': 'the field "t" is there twice',
      '{"id":1,"\\u0069d":2}': 'the field "id" is there twice',
      '{"id":1,"t":"a\tb"}': 'the record is not JSON',
    }
    const good = '{"id":2,"t":"\\ud83d\\ude00 \\\\ud83d"}'
    for (const [text, reason] of Object.entries(bad)) {
      for (const lines of [
        [text, good],
        // Beside one that always makes for a closer look.
        [text, good, '{"id":secret}'],
      ]) {
        const body = `${lines.join('\n')}\n`
        const { rows, rejects } = await convertBodies(bed.duckDb, 'ndjson', idAndText, [body])
        assert.deepEqual(rows, [[2, '\u{1F600} \\ud83d']], text)
        assert.deepEqual(
          [rejects[0]?.record, rejects[0]?.reason, rejects[0]?.raw],
          [0, reason, text],
        )
        assert.equal(rejects.length, lines.length - 1)
      }
    }
  })

  test('is one that is nested too deep, wherever that stands, and costs itself alone', async () => {
    const columns = columnsOf({ id: 'integer', plain: 'text', json: 'jsonb', path: 'text' }).map(
      (column) => (column.name === 'path' ? { ...column, path: ['path', 'a', 'a'] } : column),
    )
    /** The record is a level too. */
    const nested = (levels: number, open: string, close: string): string =>
      `${open.repeat(levels - 1)}1.5${close.repeat(levels - 1)}`
    const records = ['plain', 'json', 'path', 'undeclared'].flatMap((field, id) =>
      [1000, 1001, 100_000].flatMap((levels) => [
        `{"id":${id},"${field}":${nested(levels, '[', ']')}}`,
        `{"id":${id},"${field}":${nested(levels, '{"a":', '}')}}`,
      ]),
    )
    for (const format of ['json', 'ndjson'] as const) {
      // The last line does not end, and is not cut off.
      const body = format === 'json' ? `[${records.join(',')}]` : records.join('\n')
      const { rows, rejects } = await convertBodies(bed.duckDb, format, columns, [body])
      assert.deepEqual(rows, [
        [0, nested(1000, '[', ']'), null, null],
        [0, nested(1000, '{"a":', '}'), null, null],
        [1, null, nested(1000, '[', ']'), null],
        [1, null, nested(1000, '{"a":', '}'), null],
        [2, null, null, null],
        [2, null, null, nested(998, '{"a":', '}')],
        [3, null, null, null],
        [3, null, null, null],
      ])
      const tooDeep = 'the JSON is nested deeper than 1,000 levels'
      assert.deepEqual(
        rejects.map(({ record, reason }) => [record, reason]),
        records.flatMap((_, record) => (record % 6 < 2 ? [] : [[record, tooDeep]])),
      )
    }
  })

  test('is one that has a field of a path twice, whatever stands beside it', async () => {
    const columns = columnsOf({ id: 'integer', nested: 'text', doc: 'jsonb' }).map((column) =>
      column.name === 'nested' ? { ...column, path: ['a', 'b'] } : column,
    )
    const lines = [
      '{"id":1,"a":{"b":"x","c":1,"c":2}}',
      '{"id":2,"a":{"b":"x","\\u0062":"y"}}',
      '{"id":3,"a":{"b":"x"},"a":{}}',
      '{"id":4,"doc":1,"doc":1}',
    ]
    // Beside one that always makes for a closer look.
    for (const others of [[], ['{"id":secret}']]) {
      const body = [...lines, ...others].join('\n')
      const { rows, rejects } = await convertBodies(bed.duckDb, 'ndjson', columns, [`${body}\n`])
      assert.deepEqual(rows, [[1, 'x', null]])
      assert.deepEqual(
        rejects.slice(0, 3).map(({ reason }) => reason),
        ['$.a.b', 'a', 'doc'].map((name) => `the field "${name}" is there twice`),
      )
      assert.equal(rejects.length, 3 + others.length)
    }
  })

  test('is one that is no JSON where a path leads, and costs itself alone', async () => {
    const columns = columnsOf({ id: 'integer', nested: 'text' }).map((column) =>
      column.name === 'nested' ? { ...column, path: ['a', 'b'] } : column,
    )
    const records = ['{"b":1}', '{"b" 1}', '{"b":1 "c":2}', '{"b":}', '{b:1}', '{,}'].map(
      (object, id) => `{"id":${id},"a":${object}}`,
    )
    const body = `[${records.join(',')}]`
    const { rows, rejects } = await convertBodies(bed.duckDb, 'json', columns, [body])
    assert.deepEqual(rows, [[0, '1']])
    assert.deepEqual(
      rejects.map(({ raw }) => raw),
      records.slice(1),
    )
  })

  test('is one with a name that is no JSON, also where names are looked at first', async () => {
    const columns = columnsOf({ id: 'integer', document: 'jsonb' })
    const { rows, rejects } = await convertBodies(bed.duckDb, 'json', columns, [
      '[{"id":1,"document":{}},{"id":2,"\\q":0},{"id":3,"a\tb":0},{"id":4,"\\ud800":0}]',
    ])
    assert.deepEqual(rows, [[1, '{}']])
    assert.deepEqual(
      rejects.map(({ reason }) => reason),
      ['the record is not JSON', 'the record is not JSON', 'a text holds half of a surrogate pair'],
    )
  })

  test('is one that is not UTF-8, also where its bytes are only passed on', async () => {
    for (const text of [
      '{"id":1,"t":"a\xff"}',
      '{"id":1,"t":[1.5,"a\xff"]}',
      '{"id":1,"t":"\xed\xa0\x80"}',
    ]) {
      const body = Buffer.concat([
        Buffer.from(`${text}\n`, 'latin1'),
        Buffer.from('{"id":2,"t":"é"}\n'),
      ])
      const { rows, rejects } = await convertBodies(bed.duckDb, 'ndjson', idAndText, [body])
      assert.deepEqual(rows, [[2, 'é']])
      assert.deepEqual(
        rejects.map(({ reason }) => reason),
        ['the record is not UTF-8'],
      )
    }
  })

  test('with half a surrogate or a NUL costs itself alone', async () => {
    const body = await fixture('unicode_hostile.ndjson')
    const { rows, rejects } = await convertBodies(bed.duckDb, 'ndjson', idAndText, [body])
    assert.deepEqual(
      rows.map(([id]) => id),
      [1, 3, 6, 7, 8, 9, 10],
    )
    assert.equal(rows[1]?.[1], String.raw`literal backslash-u: C:\u0000dir`)
    assert.deepEqual(
      rejects.map(({ record, reason }) => [record, reason]),
      [
        [1, 't: the text holds a NUL character'],
        [3, 'a text holds half of a surrogate pair'],
        [4, 'a text holds half of a surrogate pair'],
      ],
    )
  })

  test('is none for a field that is called __proto__, or differs in case only', async () => {
    const columns = columnsOf({ id: 'integer', __proto: 'text' }).map((column) =>
      column.name === '__proto' ? { ...column, from: '__proto__' } : column,
    )
    const proto = await convertBodies(bed.duckDb, 'json', columns, [
      '[{"id":1,"__proto__":{"polluted":1}},{"id":2,"constructor":1}]',
    ])
    assert.deepEqual(proto.rows, [
      [1, '{"polluted":1}'],
      [2, null],
    ])
    assert.equal(({} as { polluted?: number }).polluted, undefined)
    const twins = [
      { name: 'a', from: 'ID', key: true, type: { kind: 'integer' as const } },
      { name: 'b', from: 'id', key: false, type: { kind: 'integer' as const } },
      { name: 'c', from: 'Id', key: false, type: { kind: 'integer' as const } },
    ]
    const json = await convertBodies(bed.duckDb, 'json', twins, [
      '[{"id":1,"ID":2},{"ID":3,"Id":x}]',
    ])
    assert.deepEqual(json.rows, [[2, 1, null]])
    assert.equal(json.rejects[0]?.record, 1)
    const csv = await convertBodies(bed.duckDb, 'csv', twins, ['id,ID,iD,Id\n1,2,3,4\n5,6,7,x\n'])
    assert.deepEqual(csv.rows, [[2, 1, 4]])
    assert.deepEqual(csv.rejects[0]?.fields, { ID: '6', id: '5', Id: 'x' })
  })

  test('is none for a number of any length that its column can hold', async () => {
    const decimal = { kind: 'numeric', precision: 38, scale: 19 } as const
    const columns = columnsOf({ id: 'bigint', big: 'text', n: decimal })
    const { rows, rejects } = await convertBodies(bed.duckDb, 'json', columns, [
      `[{"id":9007199254740993,"big":12345678901234567890,"n":0.1000000000000000055511151231257827},
        {"id":144188125506805060,"big":18446744073709551615,"n":1234567890123456789.99},
        {"id":10038000307000729,"big":1.10,"n":-0},
        {"id":9223372036854775808,"big":1e400,"n":1}]`,
    ])
    assert.deepEqual(rows, [
      [9007199254740993n, '12345678901234567890', '0.1000000000000000056'],
      [144188125506805060n, '18446744073709551615', '1234567890123456789.9900000000000000000'],
      [10038000307000729n, '1.10', '0.0000000000000000000'],
    ])
    assert.deepEqual(
      rejects.map(({ record }) => record),
      [3],
    )
  })

  test('of any size is shown by its first 4 KiB, whole characters', async () => {
    const { rejects } = await convertBodies(bed.duckDb, 'ndjson', idAndText, [
      `{"id":1,"t":"a"}\n"x${'é'.repeat(100_000)}"\n`,
    ])
    assert.equal(rejects[0]?.raw, `"x${'é'.repeat(2047)}`)
  })

  test('is none for a line of 64 MiB', async () => {
    // As large as a page may be by default.
    const bytes = 64 * 1024 * 1024 - 100
    const long = 'x'.repeat(bytes)
    const body = `{"id":1,"t":"${long}"}\n{"id":2,"t":1.5}\n`
    const { rows } = await convertBodies(bed.duckDb, 'ndjson', idAndText, [body])
    assert.deepEqual(
      rows.map(([id, text]) => [id, String(text).length]),
      [
        [1, bytes],
        [2, 3],
      ],
    )
  })
})
