import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Client } from 'pg'
import type { ColumnType } from '../../activities/index.ts'
import { columnTypeSql } from '../../src/targets/postgres/column-type-sql.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { loadLiterals, readByPostgres } from '../targets/support/load-literals.ts'
import { typeLiterals } from '../targets/support/type-literals.ts'
import { csvRecords, textOf, usePostgresSource } from './support/postgres-source-bed.ts'

describe('a PostgreSQL source', () => {
  const bed = usePostgresSource()
  const duck = useDuckDb()

  it('is one item, of which every byte is exact', async () => {
    await bed.database.query(`CREATE SCHEMA "Odd ""one"""`)
    await bed.database.query(
      `CREATE TABLE "Odd ""one"""."T.a,b" (id integer, "te""xt" text, "," bytea, f float8,
         i interval, m money)`,
    )
    const texts = ['', '\\.', '"', '""', 'a,b', 'a\r\nb\n', ' \t ', "'", '\\N', '\u2028é😀', 'NULL']
    for (const [index, text] of texts.entries()) {
      await bed.database.query(
        `INSERT INTO "Odd ""one"""."T.a,b" VALUES ($1, $2, '\\x00ff', 0.1::float8 + 0.2, '1 day -2 h', 1.5)`,
        [index, text],
      )
    }
    await bed.database.query(`INSERT INTO "Odd ""one"""."T.a,b" VALUES (NULL)`)
    const table = { schema: 'Odd "one"', table: 'T.a,b' }
    const item = await bed.itemOf({ table })
    assert.equal(item.version, '')
    assert.doesNotMatch(item.place, /:\/\/.*@/)
    assert.match(item.place, / Odd "one"\.T\.a,b$/)
    const rest = `"\\x00ff","0.30000000000000004","1 day -02:00:00","$1.50"\n`
    assert.deepEqual(await bed.read({ table }), [
      `id,"te""xt",",",f,i,m\n${texts
        .map((text, index) => `"${index}","${text.replaceAll('"', '""')}",${rest}`)
        .join('')},,,,,\n`,
    ])
    await bed.noSessions()
  })

  it('is exact for every type: what is loaded from it equals it', async () => {
    const client = await bed.database.connect()
    await client.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET statement_timeout = 0;
      SET extra_float_digits = 1; SET bytea_output = hex; SET client_encoding = UTF8`)
    for (const { name, type, literals } of typeLiterals) {
      const refused = await loadsEqual(client, type, literals)
      const tolerated = tolerable[type.kind] ?? /^$/
      assert.deepEqual(
        refused.filter((value) => !tolerated.test(value)),
        [],
        name,
      )
    }
  })

  /** Values of the texts that a load refuses; all others arrive as they are. */
  async function loadsEqual(client: Client, type: ColumnType, literals: readonly string[]) {
    const outcomes = await readByPostgres(client, type, literals)
    const values = outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []))
    await bed.database.query(`CREATE TABLE typed (id integer, v ${columnTypeSql(type)})`)
    await client.query(
      `INSERT INTO typed SELECT n, v::${columnTypeSql(type)}
         FROM unnest($1::text[]) WITH ORDINALITY AS u (v, n)`,
      [values],
    )
    await bed.database.query('INSERT INTO typed VALUES (0, NULL)')
    const [text = ''] = await bed.read({ query: 'SELECT v FROM typed ORDER BY id' })
    await bed.database.query('DROP TABLE typed')
    const loaded = await loadLiterals(
      { duckDb: duck.duckDb, client },
      'csv',
      type,
      csvRecords(text).slice(1),
    )
    assert.equal(loaded.length, values.length + 1)
    return [null, ...values].flatMap((value, index) => {
      const outcome = loaded[index]
      if (outcome !== undefined && 'refused' in outcome) return [String(value)]
      assert.equal(outcome?.value, value)
      return []
    })
  }

  it('is one snapshot, however rows move while it is read', async () => {
    await bed.database.query(
      'CREATE TABLE moving AS SELECT n AS id FROM generate_series(1, 1000) n',
    )
    const opened = await bed.open({
      table: { schema: 'public', table: 'moving' },
      split: { column: 'id', ranges: 4 },
    })
    try {
      assert.equal(opened.streams.length, 4)
      assert.ok(opened.streams.every(({ isSeekable }) => !isSeekable))
      const parts: string[] = []
      for (const stream of opened.streams) {
        await bed.database.query('UPDATE moving SET id = (id + 400) % 1100')
        await bed.database.query('DELETE FROM moving WHERE id % 10 = 3')
        await bed.database.query('INSERT INTO moving VALUES (0), (250), (5000)')
        parts.push(await textOf(stream.read(0)))
      }
      assert.deepEqual(
        parts.map((part) => csvRecords(part).length - 1),
        [250, 250, 250, 250],
      )
      const ids = parts.flatMap((part) => numbersOf(part))
      assert.deepEqual(ids, [...Array(1000).keys()].map((index) => index + 1).toSorted(byNumber))
      // What would make the snapshot a lie is kept waiting.
      await assert.rejects(
        bed.database.query(`SET lock_timeout = '50ms'; TRUNCATE moving`),
        /lock timeout/,
      )
      const other = await bed.open({ query: 'SELECT 1' })
      assert.notEqual(other.version, opened.version)
      await other.close()
    } finally {
      await opened.close()
    }
    await bed.noSessions()
  })

  const keys = (type: string, value: fc.Arbitrary<string | null>) => ({ type, value })
  const whole = (bits: bigint) =>
    fc.oneof(
      fc.bigInt({ min: -(2n ** bits), max: 2n ** bits - 1n }),
      fc.bigInt({ min: -3n, max: 3n }),
    )
  const nullable = (value: fc.Arbitrary<string>, ...more: string[]) =>
    fc.oneof(value, fc.constantFrom(null, ...more))
  const splitColumns = [
    keys('smallint', nullable(whole(15n).map(String))),
    keys('integer', nullable(whole(31n).map(String))),
    keys('bigint', nullable(whole(63n).map(String), '9223372036854775807')),
    keys(
      'numeric',
      nullable(fc.stringMatching(/^-?[0-9]{1,30}(\.[0-9]{1,20})?$/), 'NaN', 'Infinity'),
    ),
    keys(
      'date',
      nullable(
        fc.stringMatching(/^(19|20|99)[0-9]{2}-(0[1-9]|1[0-2])-([01][1-9])$/),
        'infinity',
        '-infinity',
        '4713-01-01 BC',
        '5874897-12-31',
      ),
    ),
    keys(
      'timestamp',
      nullable(
        fc.stringMatching(/^20[0-9]{2}-0[1-9]-0[1-9] 0[0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}$/),
        'infinity',
        '-infinity',
        '4713-01-01 BC',
        '294276-12-31 23:59:59.999999',
      ),
    ),
    keys(
      'timestamptz',
      nullable(
        fc.stringMatching(/^2001-01-01 00:00:00\.00000[0-9]\+0[0-9]$/),
        '-infinity',
        '2001-01-01 BC',
      ),
    ),
  ]
  for (const { type, value } of splitColumns) {
    it(`has each row in exactly one range, whatever is in the ${type} to split by`, async () => {
      await bed.database.query(`CREATE TABLE split_${type} (k ${type}, id integer)`)
      const property = fc.asyncProperty(
        fc.array(value, { maxLength: 30 }),
        fc.integer({ min: 2, max: 7 }),
        async (values, ranges) => {
          await bed.database.query(`TRUNCATE split_${type}`)
          await bed.database.query(
            `INSERT INTO split_${type} SELECT k::${type}, n
               FROM unnest($1::text[]) WITH ORDINALITY AS u (k, n)`,
            [values],
          )
          const parts = await bed.read({
            query: `SELECT id, k FROM split_${type} -- all;`,
            split: { column: 'k', ranges },
          })
          assert.ok(parts.length <= ranges)
          const ids = parts.flatMap((part) => numbersOf(part, /^"(\d+)"/))
          assert.deepEqual(
            ids.toSorted(byNumber),
            values.map((_, index) => index + 1).toSorted(byNumber),
          )
        },
      )
      await fc.assert(property, {
        numRuns: 6,
        // Each try costs connections; what it shrinks to says no more than the values do.
        endOnFailure: true,
        examples: [
          [[], 3],
          [[null, null], 3],
        ],
      })
    })
  }

  it('splits skewed and far-out values into ranges of use', async () => {
    await bed.database.query(
      `CREATE TABLE skewed AS SELECT timestamp '2001-01-01' + n * interval '1 hour' AS at
         FROM generate_series(0, 999) n UNION ALL SELECT 'infinity' UNION ALL SELECT NULL`,
    )
    const parts = await bed.read({
      table: { schema: 'public', table: 'skewed' },
      split: { column: 'at', ranges: 4 },
    })
    assert.deepEqual(
      parts.map((part) => csvRecords(part).length - 1),
      [251, 250, 250, 251],
    )
  })

  it('reads partitioned tables, views and materialized views, and what a query makes of its run', async () => {
    await bed.database.query(`
      CREATE TABLE whole (id integer, t text) PARTITION BY LIST (id);
      CREATE TABLE whole_1 PARTITION OF whole FOR VALUES IN (1);
      CREATE TABLE whole_2 PARTITION OF whole FOR VALUES IN (2);
      INSERT INTO whole VALUES (1, NULL), (2, 'two');
      CREATE VIEW seen AS SELECT * FROM whole;
      CREATE MATERIALIZED VIEW made AS SELECT * FROM whole`)
    for (const table of ['whole', 'seen', 'made']) {
      assert.deepEqual(await bed.read({ table: { schema: 'public', table } }), [
        'id,t\n"1",\n"2","two"\n',
      ])
    }
    const query = `-- of a run
      SELECT {partition}AS p, {interval.start}::timestamptz AS a, {interval.end} AS b, {high_water_mark} AS h
      /* ; */ ; -- the end`
    const client = await bed.database.connect()
    const mark = `"o'clock \\ {partition}"`
    for (const conforming of ['off', 'on']) {
      await client.query(
        `ALTER DATABASE ${bed.name} SET standard_conforming_strings = ${conforming}`,
      )
      assert.deepEqual(await bed.read({ query: `SELECT '\\' AS x` }), ['x\n"\\"\n'])
      assert.deepEqual(await bed.read({ query }), [
        `p,a,b,h\n"2001-01","2001-01-01 00:00:00+00","2001-02-01T00:00:00Z",${mark}\n`,
      ])
    }
    assert.deepEqual(await bed.read({ query: `SELECT NULL AS x UNION ALL SELECT ''` }), [
      'x\n\n""\n',
    ])
  })
})

/** Values that a table can hold and a load refuses, by docs/types.md. */
const tolerable: Readonly<Record<string, RegExp>> = {
  numeric: /^(NaN|-?Infinity)$/,
  date: /^\d{5,}-|BC$/,
  timestamp: /^294\d{3}-/,
  timestamptz: /^294\d{3}-/,
  json: /ud83d|ude00|^\[{1000}/,
  jsonb: /^\[{1000}/,
}

function numbersOf(text: string, pattern = /^"(\d+)"$/): number[] {
  const records = csvRecords(text).slice(1)
  return records.map((record) => Number(pattern.exec(record)?.[1])).toSorted(byNumber)
}

function byNumber(left: number, right: number): number {
  return left - right
}
