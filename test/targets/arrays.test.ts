import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Client } from 'pg'
import type { LoadTarget } from '../../activities/load-target.ts'
import {
  plainColumnKinds,
  type ColumnType,
  type ScalarType,
} from '../../activities/pipeline-definition.ts'
import { columnTypeSql } from '../../src/targets/postgres/column-type-sql.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { column } from './support/column.ts'
import { loadLiterals } from './support/load-literals.ts'
import { sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const arrayOf = (element: ScalarType): ColumnType => ({ kind: 'array', element })

/** An element as JSON, and as a text that PostgreSQL reads. */
interface Element {
  readonly json: string
  readonly text: string | null
}

const inQuotes = (text: string): Element => ({ json: JSON.stringify(text), text })
const bare = (value: number | bigint | boolean | string): Element => ({
  json: String(value),
  text: String(value),
})
const either = (texts: fc.Arbitrary<string>) => fc.oneof(texts.map(inQuotes), texts.map(bare))

const integers = (bits: number) => {
  const most = 2n ** BigInt(bits - 1) - 1n
  const edges = fc.constantFrom(most, -most - 1n, 0n)
  return either(fc.oneof(fc.bigInt(-most - 1n, most), edges).map(String))
}
const moments = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString())
const awkward = fc.string({
  unit: fc.constantFrom(...Array.from('{},"\\ \n\t[]\'NULnul:é')),
  maxLength: 12,
})
const documents = fc
  .json({ maxDepth: 4 })
  .map((json) => ({ json, text: json === 'null' ? null : json }))

const elementsByKind: Readonly<Record<ScalarType['kind'], fc.Arbitrary<Element>>> = {
  smallint: integers(16),
  integer: integers(32),
  bigint: integers(64),
  numeric: either(fc.stringMatching(/^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,8})?(e-?[0-3])?$/)),
  double: fc.oneof(
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value) => bare(Object.is(value, -0) ? '-0' : value)),
    fc.constantFrom('NaN', '-Infinity', 'Infinity').map(inQuotes),
  ),
  boolean: fc.boolean().map(bare),
  text: fc
    .oneof(awkward, fc.string({ unit: 'binary' }), fc.constantFrom('NULL', 'null', '', '{}', '[1]'))
    .filter((text) => !text.includes('\0'))
    .map(inQuotes),
  date: moments.map((text) => inQuotes(text.slice(0, 10))),
  time: moments.map((text) => inQuotes(text.slice(11, 23))),
  timestamp: moments.map((text) => inQuotes(text.slice(0, 23))),
  timestamptz: moments.map(inQuotes),
  uuid: fc.uuid().map(inQuotes),
  json: documents,
  jsonb: documents.filter(({ json }) => !json.includes('\\u0000')),
  bytea: fc.uint8Array().map((bytes) => inQuotes(`\\x${Buffer.from(bytes).toString('hex')}`)),
}

describe('arrays in PostgreSQL', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let client: Client
  let target: LoadTarget
  const bed = useDuckDb()

  before(async () => {
    database = await createTestDatabase()
    client = await database.connect()
    await client.query(`SET TimeZone = 'UTC'`)
    target = createPostgresTarget({ url: database.url, maxConnections: 8 })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  const load = async (format: 'ndjson' | 'csv', type: ColumnType, fields: readonly string[]) => {
    const outcomes = await loadLiterals({ duckDb: bed.duckDb, client }, format, type, fields)
    return outcomes.map((outcome) => ('value' in outcome ? outcome.value : outcome.refused))
  }

  const scalars: ScalarType[] = [
    ...plainColumnKinds.map((kind) => ({ kind })),
    { kind: 'numeric', precision: 20, scale: 5 },
  ]
  const publish = async (...sample: Parameters<typeof sampleLoad>) => {
    const outcome = await sampleLoad(...sample).run(target)
    assert.ok(outcome.kind === 'published')
    return outcome.counts
  }

  for (const element of scalars) {
    it(`come from JSON as PostgreSQL makes them of their elements: ${element.kind}`, async () => {
      const type = arrayOf(element)
      const arrays = fc.array(fc.array(fc.option(elementsByKind[element.kind], { nil: null })), {
        minLength: 200,
        maxLength: 200,
      })
      const property = fc.asyncProperty(arrays, async (rows) => {
        const read = await client.query<{ value: string }>(
          `SELECT ARRAY(SELECT e::${columnTypeSql(element)} FROM json_array_elements_text(elements)
                    WITH ORDINALITY AS of (e, place) ORDER BY place)::text AS value
             FROM json_array_elements($1::json) WITH ORDINALITY AS arrays (elements, row) ORDER BY row`,
          [JSON.stringify(rows.map((row) => row.map((one) => one?.text ?? null)))],
        )
        const expected = read.rows.map(({ value }) => value)
        const fields = rows.map((row) => `[${row.map((one) => one?.json ?? 'null').join(' , ')}]`)
        assert.deepEqual(await load('ndjson', type, fields), expected)
        // What PostgreSQL writes reads as the same array.
        const literals = expected.map((text) => `"${text.replaceAll('"', '""')}"`)
        assert.deepEqual(await load('csv', type, literals), expected)
      })
      await fc.assert(property, { numRuns: 2 })
    })
  }

  it('come whole from a part of several chunks', async () => {
    const fields = Array.from({ length: 6000 }, (_, row) =>
      row % 7 === 0 ? 'null' : JSON.stringify([row, row + 1, row + 2, row + 3].slice(row % 5)),
    )
    const expected = fields.map((field) =>
      field === 'null' ? null : field.replace('[', '{').replace(']', '}'),
    )
    assert.deepEqual(await load('ndjson', arrayOf({ kind: 'integer' }), fields), expected)
  })

  it('are written where one element differs, to the last bit, and left alone where none does', async () => {
    const columns = [
      column('id', 'integer', 'key'),
      column('doubles', arrayOf({ kind: 'double' })),
      column('documents', arrayOf({ kind: 'jsonb' })),
      column('texts', arrayOf({ kind: 'text' })),
      column('prices', arrayOf({ kind: 'numeric', precision: 10, scale: 2 })),
    ]
    const first = [
      [1, [0, NaN], ['{"a": 1.0}'], ['a', null], ['1.00']],
      [2, [-0, null], ['1'], [''], []],
      [3, [], ['[]'], [], [null]],
      [4, null, null, null, null],
    ]
    const loaded = await publish('merged', [first], columns)
    assert.equal(loaded.rowsInserted, 4)
    const again = await publish('merged', [first], columns)
    assert.deepEqual([again.rowsUpdated, again.rowsUnchanged], [0, 4])
    const changed = [
      [1, [-0, NaN], ['{"a": 1.0}'], ['a', null], ['1.00']],
      [2, [-0, null], ['1.0'], [''], []],
      [3, [], ['[]'], [null], [null]],
      [4, [], null, null, null],
    ]
    const outcome = await publish('merged', [changed], columns)
    assert.deepEqual([outcome.rowsUpdated, outcome.rowsUnchanged], [4, 0])
    const rows = await database.query(
      'SELECT doubles::text, documents::text, texts::text, prices::text FROM merged ORDER BY id',
    )
    assert.deepEqual(rows, [
      { doubles: '{-0,NaN}', documents: '{"{\\"a\\": 1.0}"}', texts: '{a,NULL}', prices: '{1.00}' },
      { doubles: '{-0,NULL}', documents: '{1.0}', texts: '{""}', prices: '{}' },
      { doubles: '{}', documents: '{[]}', texts: '{NULL}', prices: '{NULL}' },
      { doubles: '{}', documents: null, texts: null, prices: null },
    ])
  })

  it('may be the key, elements that are NULL included', async () => {
    const columns = [
      column('tags', arrayOf({ kind: 'text' }), 'key'),
      column('times', arrayOf({ kind: 'timestamptz' }), 'key'),
      column('n', 'integer'),
    ]
    const rows = [
      [['a', null], [0n], 1],
      [[], [null], 2],
      [['a'], [], 3],
      [['a', null], [0n], 4],
    ]
    const first = await publish('keyed', [rows], columns)
    assert.deepEqual([first.rowsInserted, first.rowsDuplicate], [3, 1])
    const second = await publish('keyed', [[[[], [null], 5]]], columns)
    assert.deepEqual([second.rowsInserted, second.rowsUpdated], [0, 1])
    assert.deepEqual(await database.query('SELECT tags, n FROM keyed ORDER BY n'), [
      { tags: ['a'], n: 3 },
      { tags: ['a', null], n: 4 },
      { tags: [], n: 5 },
    ])
  })

  it('fit the table that was made for them, of every type', async () => {
    const columns = [
      column('id', 'integer', 'key'),
      ...scalars.map((element, index) => column(`v${index}`, arrayOf(element))),
    ]
    const row = [1, ...scalars.map(() => [])]
    await sampleLoad('every', [[row]], columns).run(target)
    await target.check(sampleLoad('every', [], columns).request)
    assert.deepEqual(
      await database.query(`SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute
         WHERE attrelid = 'every'::regclass AND attnum > 1 ORDER BY attnum`),
      scalars.map((element) => ({ type: columnTypeSql(arrayOf(element)) })),
    )
  })
})
