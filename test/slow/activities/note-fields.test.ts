import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ColumnDefinition, SourceFormat } from '../../../activities/index.ts'
import { isSqlName } from '../../../activities/conversion/sql-text.ts'
import { parseColumnType } from '../../../src/pipeline/column-type.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from '../../unit/activities/convert-bodies.ts'
import { evolveBodies, evolvedColumn, parquetOf } from '../../unit/activities/evolve-bodies.ts'

const declared = columnsOf({ id: 'integer' })

/** Values of one field, as JSON has them, and the type that takes them all. */
const types: readonly (readonly [values: readonly string[], type: string])[] = [
  [['-1', '5', 'null'], 'bigint'],
  [['9223372036854775807', '-9223372036854775808', '-0'], 'bigint'],
  [['9223372036854775808'], 'numeric(19, 0)'],
  [['12345678901234567890', '1'], 'numeric(20, 0)'],
  [['1', '-2.50'], 'numeric(21, 2)'],
  [['0.5'], 'numeric(20, 1)'],
  [['1e3', '2.5e-3', '1E+2'], 'numeric(23, 4)'],
  [['12345678901234567890123.5'], 'numeric(24, 1)'],
  [['12345678901234567890123', '0.1234567890123456'], 'text'],
  [['1e400'], 'text'],
  [['true', 'false'], 'boolean'],
  [['true', '1'], 'text'],
  [['"5"'], 'text'],
  [['"5"', '5'], 'text'],
  [['"2001-01-05"'], 'date'],
  [['"2001-01-05"', '"2001-01-05T10:00:00.000001"'], 'timestamp'],
  [['"2001-01-05T10:00:00Z"', '"2001-01-05 10:00:00+02:00"'], 'timestamptz'],
  [['"2001-01-05T10:00:00Z"', '"2001-01-05T10:00:00"'], 'text'],
  [['"2001-01-05T10:00:00.0000001Z"'], 'text'],
  [['"2001-02-30"'], 'text'],
  [['{"a": 1.50}', '[]'], 'jsonb'],
  [['{"a":"\\u0000"}'], 'text'],
  [['{"a":1}', '"x"'], 'text'],
  [['""'], 'text'],
  [['"6b0a4b4e-64ce-4f2a-9b0e-000000000000"'], 'text'],
]

describe('a batch whose fields become columns', () => {
  const bed = useDuckDb()
  const evolve = (
    format: SourceFormat,
    bodies: readonly (Buffer | string)[],
    evolved: readonly ColumnDefinition[] = [],
  ) => evolveBodies(bed, format, { declared, evolved }, bodies)

  test('notes the narrowest type that takes all values of a field as they are', async () => {
    for (const [values, type] of types) {
      const lines = values.map((value, id) => `{"id":${id},"x":${value}}`)
      for (const [format, body] of [
        ['ndjson', `${lines.join('\n')}\n`],
        ['json', `[${lines.join(',\n ')}]`],
      ] as const) {
        const { noted, rowCount } = await evolve(format, [body])
        assert.deepEqual([noted, rowCount], [{ x: type }, values.length], values.join())
        const again = await evolve(format, [body], [typed('x', type)])
        assert.deepEqual([again.noted, again.rejectCount], [{}, 0], `${values.join()} as ${type}`)
      }
    }
  })

  test('comes to rest: a second pass has columns for all that the first one noted', async () => {
    const scalars = types.flatMap(([values]) => values)
    const more = ['"007"', '"TRUE"', '"1e5"', '1.000', '-0.0', '"2001-1-5"', '"2001-01-05T10:00"']
    const value = fc.oneof(
      fc.constantFrom(...scalars, ...more),
      fc.bigInt().map(String),
      fc.double().map((number) => JSON.stringify(number)),
      fc.jsonValue().map((json) => JSON.stringify(json)),
    )
    const night = fc.array(value, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.tuple(night, night), async ([first, second]) => {
        let evolved: ColumnDefinition[] = []
        for (const values of [first, second]) {
          const body = values.map((text, id) => `{"id":${id},"x":${text}}\n`).join('')
          const found = await evolve('ndjson', [body], evolved)
          const { x: type } = found.noted
          if (type !== undefined) evolved = [typed('x', type)]
          const again = await evolve('ndjson', [body], evolved)
          assert.deepEqual(again.noted, {})
          // Text has no NUL.
          const isSound = !values.some((text) => text.startsWith('"') && text.includes('\\u0000'))
          if (isSound) assert.equal(again.rejectCount, 0)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('looks at CSV alike, whose texts have no types', async () => {
    const csv = async (values: readonly string[], evolved: readonly ColumnDefinition[] = []) => {
      const body = `id,x\n${values.map((value, id) => `${id},${value}\n`).join('')}`
      return evolve('csv', [body], evolved)
    }
    for (const [values, type] of [
      [['1', '-5', ''], 'bigint'],
      [['1', '2.5'], 'numeric(20, 1)'],
      [['10115', '01069'], 'text'],
      [['NaN'], 'text'],
      [['TRUE', 'false'], 'boolean'],
      [['2001-01-05', '2001-01-06 10:00'], 'timestamp'],
      [['"a,""b"""', '""'], 'text'],
    ] as const) {
      assert.deepEqual((await csv(values)).noted, { x: type }, values.join())
      const again = await csv(values, [typed('x', type)])
      assert.deepEqual([again.noted, again.rejectCount], [{}, 0], values.join())
    }
    // No zero goes astray in a column of numbers.
    const widened = await csv(['10115', '01069'], [typed('x', 'bigint')])
    assert.deepEqual([widened.noted, widened.rejectCount], [{ x: 'text' }, 1])
    assert.equal(widened.firstReject, 'x: the value is not written as type bigint')
    assert.deepEqual((await evolve('csv', ['id,a,,a,b\n1,2,3,,\n'])).noted, {
      a: 'bigint',
      column_3: 'bigint',
    })
    const twice = await evolve('csv', ['id,a,a\n1,2,x\n'], [typed('a', 'bigint')])
    assert.deepEqual([twice.noted, twice.rows], [{ column_3: 'text' }, [['1', '2']]])
    const without = await evolve('csv', ['id\n1\n'], [typed('a', 'bigint')])
    assert.deepEqual(without.rows, [['1', null]])
  })

  test('looks at Parquet alike, whose values have types', async () => {
    const file = (select: string) => parquetOf(bed, `SELECT 1 AS id, ${select}`)
    for (const [value, type] of [
      ['5::TINYINT', 'bigint'],
      ['18446744073709551615::UBIGINT', 'numeric(20, 0)'],
      ['1.50::DECIMAL(9, 2)', 'numeric(21, 2)'],
      ['0.25::DOUBLE', 'numeric(21, 2)'],
      ["'NaN'::DOUBLE", 'text'],
      ['true', 'boolean'],
      ["DATE '2001-01-05'", 'date'],
      ["TIMESTAMP '2001-01-05 10:00:00.5'", 'timestamp'],
      ["TIMESTAMPTZ '2001-01-05 10:00:00+00'", 'timestamptz'],
      ["TIMESTAMP_NS '2001-01-05 10:00:00.123456789'", 'text'],
      ["TIME '10:00'", 'text'],
      ["'5'", 'text'],
      ["'2001-01-05'", 'date'],
      ["'bytes'::BLOB", 'text'],
      ['[1, NULL]', 'jsonb'],
      ["{'a': 1.5::DECIMAL(9, 1)}", 'jsonb'],
    ] as const) {
      const body = await file(`${value} AS x, NULL::INTEGER AS none`)
      const { noted } = await evolve('parquet', [body])
      assert.deepEqual(noted, { x: type }, value)
      const again = await evolve('parquet', [body], [typed('x', type)])
      assert.deepEqual([again.noted, again.rejectCount, again.reads], [{}, 0, 1], value)
    }
    const bodies = [await file('5 AS x'), await file("'a' AS x, 1 AS y"), await file('1.5 AS z')]
    const found = await evolve('parquet', bodies, [typed('x', 'bigint')])
    assert.deepEqual(found.noted, { x: 'text', y: 'bigint', z: 'numeric(20, 1)' })
    // Nobody has said that a nanosecond may be rounded.
    const finer = [await file("TIMESTAMP_NS '2001-01-05 10:00:00.123456789' AS t")]
    assert.deepEqual((await evolve('parquet', finer, [typed('t', 'timestamp')])).noted, {
      t: 'text',
    })
  })

  test('notes what no longer fits, all of it at once', async () => {
    const evolved = [typed('a', 'bigint'), typed('b', 'date'), typed('c', 'numeric(20, 1)')]
    const body = '{"id":1,"a":1.5,"b":"2001-01-05T01:00:00","c":1.25}\n{"id":2,"a":3}\n'
    const found = await evolve('ndjson', [body], evolved)
    const expected = { a: 'numeric(20, 1)', b: 'timestamp', c: 'numeric(21, 2)' }
    assert.deepEqual([found.noted, found.rejectCount], [expected, 1])
    for (const [c, noted] of [
      ['1.25', { c: 'numeric(21, 2)' }],
      ['125e-2', { c: 'numeric(21, 2)' }],
      // What is in quotes fits where its text does.
      ['1.25,"a":"5"', { c: 'numeric(21, 2)' }],
      ['12.5e-1,"a":null', { c: 'numeric(21, 2)' }],
      ['12.5,"a":"5"', {}],
      ['10', {}],
    ] as const) {
      assert.deepEqual((await evolve('ndjson', [`{"id":1,"c":${c}}\n`], evolved)).noted, noted, c)
    }
    // A record that is set aside for a declared field is set aside whatever the others are.
    const bad = await evolve('ndjson', ['{"id":"x","a":1.5}\n'], evolved)
    assert.deepEqual([bad.noted, bad.rejectCount], [{}, 1])
  })

  test('knows declared fields by their top-level member, and what is its own', async () => {
    const nested: readonly ColumnDefinition[] = [
      ...declared,
      {
        name: 'city',
        from: '$.place.city',
        path: ['place', 'city'],
        type: { kind: 'text' },
        key: false,
      },
      { name: 'j', from: 'j', type: { kind: 'jsonb' }, key: false },
    ]
    const body = '{"id":1,"place":{"city":"x","more":1},"j":[1.5],"$.place":2}\n'
    const { noted } = await evolveBodies(bed, 'ndjson', { declared: nested }, [body])
    assert.deepEqual(noted, { '$.place': 'bigint' })
    const again = { declared: nested, evolved: [typed('$.place', 'bigint')] }
    const second = await evolveBodies(bed, 'ndjson', again, [body])
    assert.deepEqual([second.noted, second.rows], [{}, [['1', 'x', '[1.5]', '2']]])
  })

  test('takes names as they are', async () => {
    const names = ['X', 'x', "it's", 'a"b', 'a.b', '', 'ctid', 'f0', 'reject', 'n\0l', 'é']
    const members = names.map((name, index) => `${JSON.stringify(name)}:${index}`)
    const body = `{"id":1,${members.join()}}\n`
    const { noted } = await evolve('ndjson', [body])
    assert.deepEqual(Object.keys(noted).toSorted(), names.toSorted())
    const evolved = names.map((from, index) => ({
      ...typed(from, 'bigint'),
      name: `c${index}`,
      ...(isSqlName(from) ? {} : { path: [from] }),
    }))
    const again = await evolve('ndjson', [body], evolved)
    assert.deepEqual([again.noted, again.rejectCount], [{}, 0])
    assert.deepEqual(again.rows, [['1', ...Array.from(names.keys(), String)]])
  })

  test('costs no second look at the records where nothing is new', async () => {
    const evolved = [typed('a', 'bigint')]
    for (const [format, body] of [
      ['ndjson', '{"id":1,"a":5,"none":null}\n{"id":"x","a":6}\n'],
      ['csv', 'id,a,none\n1,5,\nx,6,\n'],
    ] as const) {
      const { noted, reads, rejectCount } = await evolve(format, [body], evolved)
      assert.deepEqual([noted, reads, rejectCount], [{}, 1, 1], format)
    }
    assert.equal((await evolve('ndjson', ['{"id":1,"a":"?"}\n'], evolved)).reads, 2)
  })

  test('has nothing of records that are malformed', async () => {
    for (const body of ['[{"id":1,"a":2},["b"],{"id":2,"c":"\\ud800"}]', '[]', '[1]']) {
      const { noted } = await evolve('json', [body])
      assert.deepEqual(noted, body.length > 5 ? { a: 'bigint' } : {}, body)
    }
  })
})

function typed(from: string, type: string): ColumnDefinition {
  const parsed = parseColumnType(type)
  assert.ok('value' in parsed, type)
  return evolvedColumn(from, parsed.value)
}
