import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import type { ColumnDefinition } from '../../activities/pipeline-definition.ts'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { column } from './support/column.ts'
import type { Row } from './support/part-chunk-of.ts'
import { sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const key = column('id', 'bigint', 'key')
const evolve = { request: { evolve: true } }

describe('what a table is not evolved over', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
    await target.check(sampleLoad('any', []).request)
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  async function assertStopped(
    table: string,
    columns: readonly ColumnDefinition[],
    message: RegExp,
    remedy = /./,
  ): Promise<void> {
    await assert.rejects(target.check(sampleLoad(table, [], columns, evolve).request), (error) => {
      assert.ok(error instanceof PipelineError)
      assert.deepEqual([error.code, error.retryable], ['TARGET_MISMATCH', false], error.message)
      assert.match(error.message, message)
      assert.match(error.remedy, remedy)
      return true
    })
  }
  const loaded = (table: string, columns: readonly ColumnDefinition[], ...rows: Row[]) =>
    sampleLoad(table, [rows], columns, evolve).run(target)

  it('is what depends on a column: said by name, before anything is fetched', async () => {
    const dependants: Readonly<Record<string, readonly [string, RegExp]>> = {
      view: ['CREATE VIEW totals AS SELECT sum(n) FROM t', /view totals/],
      materialized: ['CREATE MATERIALIZED VIEW kept AS SELECT n FROM t', /materialized view kept/],
      rule: [
        'CREATE RULE r AS ON UPDATE TO t WHERE old.n > 1 DO ALSO NOTHING',
        /rule r on table t/,
      ],
      generated: [
        'ALTER TABLE t ADD twice integer GENERATED ALWAYS AS (n * 2) STORED',
        /column twice of table t/,
      ],
      policy: ['CREATE POLICY p ON t USING (n > 1)', /policy p on table t/],
      trigger: [
        `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         CREATE TRIGGER tr BEFORE UPDATE OF n ON t FOR EACH ROW EXECUTE FUNCTION f()`,
        /trigger tr on table t/,
      ],
      function: [
        'CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(n) FROM t; END',
        /function g\(\)/,
      ],
    }
    for (const [sql, described] of Object.values(dependants)) {
      await database.query('CREATE TABLE t (id bigint PRIMARY KEY, n integer)')
      await database.query(sql)
      await assertStopped('t', [key, column('n', 'bigint')], described, /^Change the declared/)
      // It is what PostgreSQL says too.
      await assert.rejects(database.query('ALTER TABLE t ALTER n TYPE bigint'), /cannot alter type/)
      await loaded('t', [key, column('n', 'smallint'), column('more', 'text')], [1n, 2, 'a'])
      await database.query('DROP TABLE t CASCADE; DROP FUNCTION IF EXISTS f, g')
    }
  })

  it('is a default, a check or an index that the new type does not take', async () => {
    await database.query(`CREATE TABLE checked (id bigint PRIMARY KEY, n integer CHECK (n > 0),
      m integer CHECK (m > 0), d integer DEFAULT 5);
      CREATE INDEX ON checked (n) WHERE n > 5`)
    await assertStopped(
      'checked',
      [key, column('n', 'text')],
      /"n" is integer, declared text; PostgreSQL does not alter the table so: operator does not exist/,
      /a default, a check, an index, a value/,
    )
    const schemas = await database.query('SELECT nspname FROM pg_namespace ORDER BY 1')
    await loaded('checked', [key, column('m', 'bigint'), column('d', 'text')], [1n, 2n, 'a'])
    assert.deepEqual(await database.query('SELECT nspname FROM pg_namespace ORDER BY 1'), schemas)
    assert.deepEqual(await database.query('SELECT id, m, d FROM checked'), [
      { id: '1', m: '2', d: 'a' },
    ])
  })

  it('is a value that the new type does not have: nothing is altered then', async () => {
    await database.query(`CREATE TABLE far (id bigint PRIMARY KEY, day date);
      INSERT INTO far VALUES (1, '5874897-12-31')`)
    const columns = [key, column('day', 'timestamp'), column('more', 'text')]
    await assert.rejects(loaded('far', columns, [2n, 1n, 'a']), {
      code: 'TARGET_MISMATCH',
      message: /"day" is date, .*PostgreSQL does not alter the table so: .*sqlState=22008/,
    })
    assert.deepEqual(
      await database.query('SELECT id, day::text, to_jsonb(f) ? $1 AS more FROM far f', ['more']),
      [{ id: '1', day: '5874897-12-31', more: false }],
    )
  })

  it('is a foreign key that would compare two types', async () => {
    await database.query(`CREATE TABLE carriers (id integer PRIMARY KEY);
      CREATE TABLE flown (id bigint PRIMARY KEY, carrier integer REFERENCES carriers)`)
    await assertStopped(
      'flown',
      [key, column('carrier', 'text')],
      /part of constraint flown_carrier/,
    )
    await assertStopped(
      'carriers',
      [column('id', 'text', 'key')],
      /part of constraint flown_carrier/,
    )
    await database.query('INSERT INTO carriers VALUES (7)')
    await loaded('flown', [key, column('carrier', 'bigint')], [1n, 7n])
    await loaded('carriers', [key], [8n])
  })

  it('is an identity column beyond whole numbers, and what the table generates', async () => {
    await database.query(`CREATE TABLE numbered (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
      made integer GENERATED ALWAYS AS IDENTITY, note text)`)
    const numeric = { kind: 'numeric', precision: 20, scale: 0 } as const
    await assertStopped(
      'numbered',
      [column('id', numeric, 'key')],
      /identity column is a whole number/,
    )
    await assertStopped(
      'numbered',
      [key, column('made', 'integer')],
      /"made" is generated by the table/,
    )
    await loaded('numbered', [key, column('note', 'text')], [3_000_000_000n, 'a'])
    await database.query(`INSERT INTO numbered (note) VALUES ('b')`)
    assert.deepEqual(await database.query('SELECT * FROM numbered ORDER BY id'), [
      { id: '1', made: 2, note: 'b' },
      { id: '3000000000', made: 1, note: 'a' },
    ])
  })

  it('is a type with rules of its own: a domain is taken as it is, an enum not at all', async () => {
    await database.query(`CREATE DOMAIN percent AS numeric(5,2) CHECK (value <= 100);
      CREATE DOMAIN share AS percent DEFAULT 0 NOT NULL; CREATE TYPE mood AS ENUM ('sad', 'ok');
      CREATE TABLE typed (id bigint PRIMARY KEY, part percent, rest share, feels mood)`)
    const number = (precision: number) => ({ kind: 'numeric', precision, scale: 2 }) as const
    await assertStopped(
      'typed',
      [key, column('part', number(7)), column('feels', 'text')],
      /"part" is the domain percent over numeric\(5,2\), declared numeric\(7,2\); column "feels" is the enum mood, declared text/,
      /^Change the declared columns or the table so that they agree\.$/,
    )
    await loaded('typed', [key, column('part', number(5))], [1n, '99.50'])
    await loaded('typed', [key, column('part', number(3))], [1n, '9.50'])
    await assert.rejects(loaded('typed', [key, column('part', number(5))], [2n, '100.01']), {
      code: 'TARGET_MISMATCH',
      message: /constraint=percent_check/,
    })
    assert.deepEqual(await database.query('SELECT id, part, rest FROM typed'), [
      { id: '1', part: '9.50', rest: '0.00' },
    ])
  })

  it('is where its columns are of another table', async () => {
    await database.query(`CREATE TABLE parted (id bigint, n integer, PRIMARY KEY (id)) PARTITION BY RANGE (id);
      CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (10);
      CREATE TABLE high PARTITION OF parted FOR VALUES FROM (10) TO (20)`)
    await assertStopped('low', [key, column('n', 'bigint')], /its columns from table parted, which/)
    await assertStopped(
      'low',
      [key, column('more', 'text')],
      /its columns from table parted, which/,
    )
    await assertStopped('parted', [column('id', 'text', 'key')], /the partitioning of the table/)
    await loaded('low', [key, column('n', 'integer')], [1n, 1])
    await loaded(
      'parted',
      [key, column('n', 'bigint'), column('more', 'text')],
      [1n, 2n, 'a'],
      [11n, 3n, 'b'],
    )
    assert.deepEqual(await database.query('SELECT * FROM parted ORDER BY id'), [
      { id: '1', n: '2', more: 'a' },
      { id: '11', n: '3', more: 'b' },
    ])
  })

  it('is a key that rows do not have, a narrower or another type, a column that takes no NULL', async () => {
    await database.query(`CREATE TABLE other (name text, id bigint, n bigint, needed text NOT NULL);
      INSERT INTO other VALUES ('a', 1, 2, 'b')`)
    await assertStopped(
      'other',
      [
        column('key', 'bigint', 'key'),
        column('name', 'integer'),
        column('n', 'double'),
        column('new', 'text'),
      ],
      /^column "key" bigint, part of the key, is not in the table; column "name" is text, declared integer; column "n" is bigint, declared double precision; column "new" text is not in the table; column "needed" is not declared and takes no NULL; the table has no unique index on the key \(key\)/,
      /a part of it is ALTER TABLE "public"."other" ADD COLUMN "key" bigint NOT NULL, ADD COLUMN "new" text, ADD UNIQUE \("key"\);$/,
    )
    assert.deepEqual(await database.query('SELECT * FROM other'), [
      { name: 'a', id: '1', n: '2', needed: 'b' },
    ])
  })

  it('is a key that rows do not have, and an empty table is given it', async () => {
    const history = { ...evolve, target: { mode: 'history' } as const }
    const columns = [key, column('day', 'date', 'key'), column('n', 'bigint')]
    const versions = sampleLoad('versions', [[[1n, 0, 2n]]], columns, history)
    await database.query(
      'CREATE TABLE versions (id bigint, n bigint); INSERT INTO versions VALUES (1, 1)',
    )
    await assert.rejects(target.check(versions.request), {
      code: 'TARGET_MISMATCH',
      message:
        /"day" date, part of the key, is not in the table; .*"valid_from" timestamp with time zone, which the load itself writes, .*no unique index on the key \(id, day, valid_from\)/,
      remedy:
        /ADD COLUMN "valid_from" timestamp with time zone NOT NULL, .* ADD UNIQUE \("id", "day", "valid_from"\);$/,
    })
    await database.query('DELETE FROM versions')
    assert.equal((await versions.run(target)).kind, 'published')
    assert.deepEqual(await database.query('SELECT id, day::text, n, valid_to FROM versions'), [
      { id: '1', day: '1970-01-01', n: '2', valid_to: null },
    ])
  })
})
