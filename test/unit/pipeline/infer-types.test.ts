import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnTypeText } from '../../../src/pipeline/infer/column-type-text.ts'
import { draftColumns } from '../../../src/pipeline/infer/draft-columns.ts'
import { draftText } from '../../../src/pipeline/infer/draft-text.ts'
import { RecordSightings } from '../../../src/pipeline/infer/record-sightings.ts'
import { seeCsvRecords } from '../../../src/pipeline/infer/see-csv-records.ts'
import { seeJsonRecords } from '../../../src/pipeline/infer/see-json-records.ts'

/** The draft of one field `v` that has these values, as they are written in JSON. */
function draftOf(...values: string[]) {
  const sightings = new RecordSightings()
  const lines = values.map((value) => `{"v":${value}}`).join('\n')
  seeJsonRecords(Buffer.from(lines), { kind: 'lines' }, sightings)
  const [column] = draftColumns(sightings)
  assert.ok(column !== undefined)
  const type = column.kind === 'skipped' ? 'skipped' : columnTypeText(column.type)
  return { type, note: column.note }
}

const typeOf = (...values: string[]): string => draftOf(...values).type

describe('the type of a field', () => {
  test('of nothing but null is text, and says so', () => {
    assert.deepEqual(draftOf('null', 'null'), { type: 'text', note: 'null in every record' })
  })

  test('of integers is bigint, whatever their sign, and numeric beyond 64 bits', () => {
    assert.equal(typeOf('-1', '5', 'null'), 'bigint')
    assert.equal(typeOf('9223372036854775807', '-9223372036854775808'), 'bigint')
    assert.equal(typeOf('9223372036854775808'), 'numeric(19, 0)')
    assert.equal(typeOf('-9223372036854775809', '1'), 'numeric(19, 0)')
    assert.equal(typeOf('9'.repeat(38)), 'numeric(38, 0)')
    assert.equal(typeOf('9'.repeat(39)), 'text')
  })

  test('of decimals has the widest digits of both sides, and room', () => {
    assert.equal(typeOf('1.5'), 'numeric(8, 3)')
    assert.equal(typeOf('1234.5', '-0.123', '7'), 'numeric(13, 5)')
    assert.equal(typeOf('1.10'), 'numeric(9, 4)')
  })

  test('of decimals near the most digits gives up room, for decimals last', () => {
    assert.equal(typeOf(`${'9'.repeat(30)}.12345`), 'numeric(38, 7)')
    assert.equal(typeOf(`${'9'.repeat(30)}.1234567`), 'numeric(38, 8)')
    assert.equal(typeOf(`${'9'.repeat(30)}.12345678`), 'numeric(38, 8)')
    const tooLong = draftOf(`${'9'.repeat(30)}.123456789`)
    assert.deepEqual(tooLong, { type: 'text', note: 'numbers with more than 38 digits' })
  })

  test('of numbers with an exponent is double, where a double keeps them all', () => {
    assert.equal(typeOf('1e5', '0.30000000000000004', '-2'), 'double')
    assert.equal(typeOf('1e-6', '-1.50E+3', '0e0', '0.000001'), 'double')
    assert.equal(typeOf('1e5', '9007199254740993'), 'text')
    assert.equal(typeOf('1e400'), 'text')
    assert.equal(typeOf('1e-400'), 'text')
  })

  test('of texts goes by exact patterns', () => {
    assert.equal(typeOf('"550e8400-e29b-41d4-a716-446655440000"'), 'uuid')
    assert.equal(typeOf('"550e8400e29b41d4a716446655440000"'), 'text')
    assert.equal(typeOf('"2024-02-29"'), 'date')
    assert.equal(typeOf('"2023-02-29"'), 'text')
    assert.equal(typeOf('"2024-02-29T23:59"', '"2024-02-29 23:59:59.123456"'), 'timestamp')
    assert.equal(typeOf('"2024-02-29T23:59:60"'), 'text')
    assert.equal(typeOf('"2024-02-29T23:59:59Z"', '"2024-02-29 23:59:59.1+0530"'), 'timestamptz')
    assert.equal(typeOf('"2024-02-29T23:59Z"'), 'text')
    assert.equal(typeOf('""'), 'text')
    assert.equal(typeOf('"00:00"', '"23:59:59.123456"'), 'time')
    for (const text of ['24:00', '9:30', '10:30Z', '10:30+02', 'T10:30']) {
      assert.equal(typeOf(`"${text}"`), 'text', text)
    }
    assert.equal(typeOf('"\\\\xDEADbeef"', '"\\\\x"'), 'bytea')
    assert.equal(typeOf('"\\\\xabc"'), 'text')
    assert.equal(typeOf('"\\\\xab"', '"3q2+7w=="'), 'text')
  })

  test('of times finer than a microsecond is text: a timestamp would cut them', () => {
    assert.equal(typeOf('"2024-02-29T23:59:59.1234560Z"'), 'timestamptz')
    assert.equal(typeOf('"2024-02-29T23:59:59.1234567Z"'), 'text')
    assert.equal(typeOf('"23:59:59.1234560"'), 'time')
    assert.equal(typeOf('"23:59:59.1234567"'), 'text')
  })

  test('of several kinds is text, and says which', () => {
    assert.deepEqual(draftOf('1', 'true'), { type: 'text', note: 'mixed: true or false, integers' })
    assert.equal(typeOf('true', '"true"'), 'text')
    assert.equal(typeOf('"2024-02-29"', '"2024-02-29T10:00:00"'), 'text')
  })

  test('of numbers in quotes is text, and says so', () => {
    assert.deepEqual(draftOf('"12"', '"3.5"'), { type: 'text', note: 'numbers in quotes' })
    assert.deepEqual(draftOf('"00501"'), { type: 'text', note: undefined })
  })

  test('of arrays and objects is jsonb, unless something else is there or NUL in them', () => {
    assert.deepEqual(draftOf('[1]', 'null', '{}'), { type: 'jsonb', note: undefined })
    assert.equal(typeOf('{}', '{}'), 'jsonb')
    assert.deepEqual(draftOf('[1]', '1'), {
      type: 'skipped',
      note: 'skipped: integers, arrays or objects',
    })
    assert.equal(typeOf('["\\u0000"]'), 'skipped')
  })

  test('warns of NUL characters, which no type takes', () => {
    assert.match(draftOf('"a\\u0000"').note ?? '', /NUL/)
  })

  test('is not asked of malformed records, which are counted', () => {
    const sightings = new RecordSightings()
    const deep = `${'['.repeat(1000)}${']'.repeat(1000)}`
    const values = ['01', '1.', 'TRUE', '.5', 'NaN', '+1', '"a', '1} {', '[1,]', deep, '1']
    const lines = values.map((value) => `{"v":${value}}\n`).join('')
    seeJsonRecords(Buffer.from(`${lines}[1]\n`), { kind: 'lines' }, sightings)
    assert.deepEqual([sightings.records, sightings.malformed], [1, values.length])
  })
})

describe('the fields of a CSV body', () => {
  function csvTypes(text: string): string[] {
    const sightings = new RecordSightings()
    seeCsvRecords(Buffer.from(text), sightings)
    return draftColumns(sightings).map((column) =>
      column.kind === 'skipped'
        ? `${column.from}: skipped`
        : `${column.name}: ${columnTypeText(column.type)}`,
    )
  }

  test('are told apart by the same lattice; leading zeros stay text', async () => {
    assert.deepEqual(
      csvTypes(
        'id,zip,price,flag,day,nothing,empty\n1,00501,1.5,True,2024-01-01,,""\n-2,10001,2,false,,,\n',
      ),
      [
        'id: bigint',
        'zip: text',
        'price: numeric(8, 3)',
        'flag: boolean',
        'day: date',
        'nothing: text',
        'empty: text',
      ],
    )
  })

  test('are none where they stand apart by something else than commas', () => {
    for (const [text, what] of [
      ['id;price\n1;1,5\n', 'semicolons'],
      ['id\tname\n1\ta\n', 'tabs'],
      ['id|name\n1|a\n', 'bars'],
    ] as const) {
      assert.throws(() => csvTypes(text), {
        code: 'SOURCE_MALFORMED',
        message: `the CSV header has ${what} and no comma`,
      })
    }
    assert.deepEqual(csvTypes('a;b,c\n1,2\n'), ['a;b: bigint', 'c: bigint'])
  })

  test('are called by their position where the header names them twice or not at all', async () => {
    assert.deepEqual(csvTypes('a,a,,B,b\n1,2,3,4,5\n'), [
      'a: skipped',
      'column_2: bigint',
      'column_3: bigint',
      'B: bigint',
      'b_2: bigint',
    ])
  })
})

describe('the members of objects', () => {
  /** The draft of records `{"o":…}`, as a pipeline file has it. */
  function draftedOf(...objects: string[]): string[] {
    const sightings = new RecordSightings()
    const lines = objects.map((object) => `{"o":${object}}\n`).join('')
    seeJsonRecords(Buffer.from(lines), { kind: 'lines' }, sightings)
    const draft = draftText(draftColumns(sightings), sightings.records)
    // The rest are comments.
    return Array.from(draft.matchAll(/^ {2}([^# ].*)$/gm), ([, column = '']) => column)
  }

  test('are columns, two levels deep, what lies deeper being jsonb', () => {
    assert.deepEqual(
      draftedOf(
        '{"a":1,"b":{"c":"x","d":{"e":1}},"f":[1]}',
        '{"a":1.5,"b":{"c":"x","d":{"e":1}},"f":null}',
      ),
      [
        'o_a: { type: "numeric(8, 3)", from: "$.o.a" }',
        'o_b_c: { type: text, from: "$.o.b.c" }',
        'o_b_d: { type: jsonb, from: "$.o.b.d" }',
        'o_f: { type: jsonb, from: "$.o.f" }',
      ],
    )
  })

  test('are one jsonb column where a column for each might lose something', () => {
    const losing = {
      'a record has none': ['{"a":1}', 'null'],
      'a record has something else': ['{"a":1}', '[]'],
      'there are none': ['{}', '{}'],
      'most of them come once': ['{"a":1}', '{"b":2}', '{"c":3}'],
      'one is no value of one kind': ['{"a":1}', '{"a":[]}'],
      'no path leads to one': ['{"a.b":1}', '{"a.b":2}'],
      'one has no name': ['{"":1}', '{"":2}'],
    }
    for (const [why, objects] of Object.entries(losing)) {
      assert.deepEqual(draftedOf(...objects), ['o: jsonb'], why)
    }
    assert.deepEqual(draftedOf('{"a":{"b":1},"c":1}', '{"a":null,"c":1}'), [
      'o_a: { type: jsonb, from: "$.o.a" }',
      'o_c: { type: bigint, from: "$.o.c" }',
    ])
  })

  test('are called apart from other fields', () => {
    const sightings = new RecordSightings()
    const record = '{"o_a":1,"o":{"a":2,"xmin":3}}'
    seeJsonRecords(Buffer.from(record), { kind: 'lines' }, sightings)
    assert.deepEqual(
      draftColumns(sightings).map((column) => column.kind === 'column' && column.name),
      ['o_a', 'o_a_2', 'o_xmin'],
    )
  })

  test('are malformed with their record', () => {
    const sightings = new RecordSightings()
    const lines = '{"o":{"a":tru}}\n{"o":{"a" 1}}\n{"o":{"a":{"b":1,}}}\n{"o":{"a":1}}\n'
    seeJsonRecords(Buffer.from(lines), { kind: 'lines' }, sightings)
    assert.deepEqual([sightings.records, sightings.malformed], [1, 3])
  })
})

test('names that PostgreSQL or a pipeline file has not are changed or skipped', () => {
  const sightings = new RecordSightings()
  const names = [
    'id',
    'ID',
    'xmin',
    'xmin_2',
    '__proto__',
    'é'.repeat(40),
    '',
    '$.a',
    '${A}',
    'a\\u0000',
  ]
  const members = names.map((name) => `"${name}":1`).join(',')
  seeJsonRecords(Buffer.from(`{${members}}`), { kind: 'lines' }, sightings)
  assert.deepEqual(
    draftColumns(sightings).map((column) => (column.kind === 'column' ? column.name : column.kind)),
    [
      'id',
      'ID_2',
      'xmin_2',
      'xmin_2_2',
      '__proto___2',
      `${'é'.repeat(30)}_2`,
      ...Array(4).fill('skipped'),
    ],
  )
})

describe('the key', () => {
  function keysOf(...records: object[]): string[] {
    const sightings = new RecordSightings()
    const lines = records.map((record) => JSON.stringify(record)).join('\n')
    seeJsonRecords(Buffer.from(lines), { kind: 'lines' }, sightings)
    return draftColumns(sightings).flatMap((column) =>
      column.kind === 'column' && column.key ? [column.name] : [],
    )
  }

  test('is the first column that is unique and never null', () => {
    assert.deepEqual(
      keysOf(
        { price: 1.5, kind: 'a', maybe: null, id: 1, other: 'x' },
        { price: 2.5, kind: 'a', maybe: 1, id: 2, other: 'y' },
      ),
      ['id'],
    )
  })

  test('is no column that a record lacks', () => {
    assert.deepEqual(keysOf({ a: 1, b: 1 }, { b: 2 }), ['b'])
  })

  test('is nothing where no column is both', () => {
    assert.deepEqual(keysOf({ a: 1 }, { a: 1 }), [])
  })

  test('is a field of the record itself before one of an object in it', () => {
    assert.deepEqual(keysOf({ o: { a: 1 }, id: 1 }, { o: { a: 2 }, id: 2 }), ['id'])
    assert.deepEqual(keysOf({ o: { a: 1 }, id: 1 }, { o: { a: 2 }, id: 1 }), ['o_a'])
  })

  test('is no time of day', () => {
    assert.deepEqual(keysOf({ at: '10:00' }, { at: '10:00:00' }), [])
  })

  test('compares uuids and bytes as what they are', () => {
    const id = '550e8400-e29b-41d4-a716-446655440000'
    assert.deepEqual(keysOf({ id }, { id: id.toUpperCase() }), [])
    assert.deepEqual(keysOf({ id: '\\xab' }, { id: '\\xAB' }), [])
  })
})
