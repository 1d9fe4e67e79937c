import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget, PublishOutcome } from '../../activities/load-target.ts'
import type { ColumnDefinition } from '../../activities/pipeline-definition.ts'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { publishLoad } from '../../src/targets/postgres/publish-load.ts'
import { openSessions, type Sessions } from '../../src/targets/postgres/sessions.ts'
import { eventually } from '../support/eventually.ts'
import { column } from './support/column.ts'
import type { Row } from './support/part-chunk-of.ts'
import { flightColumns, flights, sampleLoad, type SampleChange } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const evolve = { request: { evolve: true } }

describe('a table that follows its columns', { timeout: 300_000 }, () => {
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

  const load = (
    table: string,
    columns: readonly ColumnDefinition[],
    rows: readonly Row[],
    change: SampleChange = evolve,
  ) => sampleLoad(table, [rows], columns, change)
  const typesOf = async (table: string) => {
    const rows = await database.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      [table],
    )
    return Object.fromEntries(rows.map(({ name, type }) => [name, type]))
  }
  const fileOf = async (table: string) =>
    (
      await database.query(
        `SELECT relfilenode, xmin::text FROM pg_class WHERE oid = $1::regclass`,
        [table],
      )
    )[0]

  const waiterOf = async (table: string) => {
    const rows = await database.query(
      'SELECT pid FROM pg_locks WHERE relation = $1::regclass AND NOT granted',
      [table],
    )
    return rows[0]
  }

  it('gets the columns that it lacks and wider types, once', async () => {
    await database.query(`
      CREATE TABLE follows (id integer PRIMARY KEY, note varchar(5) COLLATE "C", price numeric(5,2),
        seen date, days smallint[], kept text DEFAULT 'k');
      CREATE INDEX follows_note ON follows (note);
      INSERT INTO follows VALUES (1, 'abc', 1.50, '2026-11-23', '{1,NULL}');
      COMMENT ON TABLE follows IS 'old'; COMMENT ON COLUMN follows.kept IS 'mine'`)
    const columns = [
      column('id', 'bigint', 'key'),
      column('note', 'text'),
      { ...column('price', { kind: 'numeric', precision: 12, scale: 4 }), description: 'In NOK' },
      column('seen', 'timestamp'),
      column('days', { kind: 'array', element: { kind: 'bigint' } }),
      { ...column('New one', 'jsonb'), description: "it's" },
    ]
    const change = { request: { evolve: true, description: 'new' } }
    const rows = [[3_000_000_000n, 'longer than five', '12.3456', 0n, [5n], '{}']]
    assert.equal((await load('follows', columns, rows, change).run(target)).kind, 'published')
    assert.deepEqual(await typesOf('follows'), {
      id: 'bigint',
      note: 'text',
      price: 'numeric(12,4)',
      seen: 'timestamp without time zone',
      days: 'bigint[]',
      kept: 'text',
      'New one': 'jsonb',
    })
    assert.deepEqual(
      await database.query(
        `SELECT id, note, price, seen::text, days, "New one", kept FROM follows ORDER BY id`,
      ),
      [
        {
          id: '1',
          note: 'abc',
          price: '1.5000',
          seen: '2026-11-23 00:00:00',
          days: ['1', null],
          'New one': null,
          kept: 'k',
        },
        {
          id: '3000000000',
          note: 'longer than five',
          price: '12.3456',
          seen: '1970-01-01 00:00:00',
          days: ['5'],
          'New one': {},
          kept: 'k',
        },
      ],
    )
    assert.deepEqual(
      await database.query(`SELECT obj_description('follows'::regclass, 'pg_class') AS whole,
        (SELECT json_object_agg(attname, col_description(attrelid, attnum)) FROM pg_attribute
          WHERE attrelid = 'follows'::regclass AND attnum > 0
            AND col_description(attrelid, attnum) IS NOT NULL) AS columns,
        (SELECT collname FROM pg_attribute a JOIN pg_collation c ON c.oid = attcollation
          WHERE attrelid = 'follows'::regclass AND attname = 'note') AS collation`),
      [
        {
          whole: 'new',
          columns: { price: 'In NOK', kept: 'mine', 'New one': "it's" },
          collation: 'C',
        },
      ],
    )
    const altered = await fileOf('follows')
    assert.equal((await load('follows', columns, rows, change).run(target)).kind, 'published')
    assert.deepEqual(await fileOf('follows'), altered)
  })

  it('has the comments of the contract from the beginning', async () => {
    const columns = [
      { ...column('id', 'bigint', 'key'), description: 'Whose' },
      column('n', 'text'),
    ]
    const change = { request: { description: 'All of them' } }
    await load('described', columns, [[1n, 'a']], change).run(target)
    // Without the rule, others' words stay.
    await database.query(
      `COMMENT ON TABLE described IS 'mine'; COMMENT ON COLUMN described.n IS 'too'`,
    )
    await load('described', columns, [[1n, 'a']], change).run(target)
    assert.deepEqual(
      await database.query(`SELECT obj_description(c, 'pg_class') AS whole, col_description(c, 1) AS id,
        col_description(c, 2) AS n FROM CAST('described'::regclass AS oid) AS c`),
      [{ whole: 'mine', id: 'Whose', n: 'too' }],
    )
  })

  it('stops without the rule, with the difference and what to do, and is not touched', async () => {
    await database.query(`CREATE TABLE stays (id integer PRIMARY KEY, carrier text)`)
    const earlier = await fileOf('stays')
    await assert.rejects(target.check(load('stays', flightColumns, [], {}).request), (error) => {
      assert.ok(error instanceof PipelineError)
      assert.deepEqual([error.code, error.retryable], ['TARGET_MISMATCH', false])
      assert.equal(
        error.message,
        'column "id" is integer, declared bigint; column "delay" integer is not in the table [table=public.stays]',
      )
      assert.equal(
        error.remedy,
        'Write `schema: evolve` into the pipeline file, or run ALTER TABLE "public"."stays" ' +
          'ALTER COLUMN "id" TYPE bigint USING "id"::bigint, ADD COLUMN "delay" integer;',
      )
      return true
    })
    // The remedy is right.
    await database.query(
      `ALTER TABLE "public"."stays" ALTER COLUMN "id" TYPE bigint USING "id"::bigint, ADD COLUMN "delay" integer;`,
    )
    assert.notDeepEqual(await fileOf('stays'), earlier)
    await load('stays', flightColumns, flights(1, 2), {}).run(target)
  })

  it('is merged into as it is where it is wider than declared', async () => {
    await database.query(`CREATE TABLE wider (id numeric PRIMARY KEY, code varchar, small bigint,
        price numeric(20,6), free numeric, whole numeric, at timestamptz(6));
      INSERT INTO wider VALUES (9999999999999999999999, 'other')`)
    const money = { kind: 'numeric', precision: 10, scale: 2 } as const
    const columns = [
      column('id', 'integer', 'key'),
      column('code', 'text'),
      column('small', 'smallint'),
      column('price', money),
      column('free', money),
      column('whole', 'integer'),
      column('at', 'timestamptz'),
    ]
    const row = (id: number, code: string): Row => [id, code, -32_768, '12345678.90', '0.10', 7, 1n]
    for (const change of [{}, evolve]) {
      const counts = async (...rows: Row[]) =>
        countsOf(await load('wider', columns, rows, change).run(target))
      await database.query('DELETE FROM wider WHERE id < 10')
      const earlier = await fileOf('wider')
      assert.deepEqual(await counts(row(1, 'a'), row(2, 'b')), {
        inserted: 2,
        updated: 0,
        unchanged: 0,
      })
      assert.deepEqual(await counts(row(1, 'a'), row(2, 'c'), row(3, 'd')), {
        inserted: 1,
        updated: 1,
        unchanged: 1,
      })
      assert.deepEqual(await fileOf('wider'), earlier)
    }
    assert.deepEqual(await database.query('SELECT * FROM wider WHERE id = 2'), [
      {
        id: '2',
        code: 'c',
        small: '-32768',
        price: '12345678.900000',
        free: '0.10',
        whole: '7',
        at: new Date('1970-01-01T00:00:00.000Z'),
      },
    ])
  })

  it('gets the columns that the load itself writes when they are switched on', async () => {
    await load('origin', flightColumns, flights(1, 2), {}).run(target)
    const lineage = { target: { lineage: true } }
    await assert.rejects(
      target.check(load('origin', flightColumns, [], lineage).request),
      /"_dataset_id" uuid, which the load itself writes, is not in the table/,
    )
    const marked = load('origin', flightColumns, flights(2, 2, 'SK'), {
      ...evolve,
      ...lineage,
    })
    const { datasetId } = marked
    await marked.run(target)
    assert.deepEqual(
      await database.query('SELECT id, _dataset_id, _part_number FROM origin ORDER BY id'),
      [
        { id: '1', _dataset_id: null, _part_number: null },
        { id: '2', _dataset_id: datasetId, _part_number: 0 },
        { id: '3', _dataset_id: datasetId, _part_number: 0 },
      ],
    )
  })

  it('is not altered for a load that is published, whatever became of it since', async () => {
    const once = load('settled', flightColumns, flights(1, 2))
    await once.run(target)
    await database.query('ALTER TABLE settled DROP COLUMN delay')
    const outcome = await target.publish(once.request)
    assert.ok(outcome.kind === 'published' && outcome.alreadyPublished)
    assert.deepEqual(await typesOf('settled'), { id: 'bigint', carrier: 'text' })
  })

  it('is not altered by its role where another owns it, and is loaded if it need not be', async () => {
    const role = `claimcheck_test_evolver_${process.pid}`
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x';
      GRANT USAGE, CREATE ON SCHEMA claimcheck_staging TO ${role}; GRANT USAGE ON SCHEMA claimcheck TO ${role};
      GRANT ALL ON ALL TABLES IN SCHEMA claimcheck TO ${role};
      CREATE TABLE foreign_owned (id bigint PRIMARY KEY, carrier text);
      GRANT ALL ON foreign_owned TO ${role}`)
    const other = createPostgresTarget({ url: database.urlAs(role, 'x') })
    await assert.rejects(other.check(load('foreign_owned', flightColumns, []).request), {
      code: 'TARGET_NOT_WRITABLE',
      message: /Only its owner may alter the table, and column "delay" integer is not in the table/,
    })
    const fitting = flightColumns.slice(0, 2).map((each) => ({ ...each, description: 'not mine' }))
    await load('foreign_owned', fitting, [[1n, 'a']]).run(other)
    await other.close()
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })

  it('is evolved by several loads at once, each for its own columns', async () => {
    await load('shared', flightColumns.slice(0, 1), [[0n]]).run(target)
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7]
    const own = numbers.map((number) => `c${number}`)
    const loads = own.map((name, number) => {
      const columns = [column('id', 'bigint', 'key'), column('same', 'text'), column(name, 'text')]
      return load('shared', columns, [[BigInt(number), 's', name]])
    })
    const outcomes = await Promise.all(loads.map((each) => each.run(target)))
    assert.deepEqual(new Set(outcomes.map(({ kind }) => kind)), new Set(['published']))
    assert.deepEqual(Object.keys(await typesOf('shared')).toSorted(), [...own, 'id', 'same'])
    const rows = await database.query(
      `SELECT id, same, coalesce(${own.join(', ')}) AS c FROM shared ORDER BY id`,
    )
    assert.deepEqual(
      rows,
      own.map((c, number) => ({ id: String(number), same: 's', c })),
    )
  })

  it('is evolved where another load makes it just before', async () => {
    const own = load(
      'made_before',
      [...flightColumns, column('own', 'text')],
      [[1n, 'DY', 1, 'mine']],
    )
    const other = load(
      'made_before',
      [...flightColumns, column('other', 'text')],
      [[2n, 'DY', 2, 'theirs']],
    )
    await own.stage(target)
    const sessions = openSessions({
      url: database.url,
      maxConnections: 2,
      connectTimeoutMs: 10_000,
    })
    let isFirst = true
    const raced: Sessions = {
      ...sessions,
      async transaction(...request) {
        const result = await sessions.transaction(...request)
        // It has found no table that it could evolve.
        if (isFirst) await other.run(target)
        isFirst = false
        return result
      },
    }
    const outcome = await publishLoad(raced, own.request, { patienceMs: 1_000, waitMs: 10_000 })
    await sessions.close()
    assert.equal(outcome.kind, 'published')
    assert.deepEqual(await database.query('SELECT id, own, other FROM made_before ORDER BY id'), [
      { id: '1', own: 'mine', other: null },
      { id: '2', own: null, other: 'theirs' },
    ])
  })

  it('is left as it is where somebody else has altered it meanwhile', async () => {
    await load('altered', flightColumns.slice(0, 2), [[1n, 'a']]).run(target)
    const next = load('altered', flightColumns, flights(2, 1))
    await target.check(next.request)
    await next.stage(target)
    const somebody = await database.connect()
    await somebody.query('BEGIN; ALTER TABLE altered ADD delay bigint')
    const published = target.publish(next.request)
    await eventually('the load to wait', () => waiterOf('altered'))
    await somebody.query('COMMIT')
    assert.equal((await published).kind, 'published')
    assert.deepEqual(await typesOf('altered'), { id: 'bigint', carrier: 'text', delay: 'bigint' })
  })

  it('waits for its readers without keeping others waiting, and says who they are at last', async () => {
    await load('read', flightColumns.slice(0, 2), [[1n, 'a']]).run(target)
    const reader = await database.connect()
    await reader.query(`SET application_name = 'a long report'; BEGIN; SELECT * FROM read`)
    const impatient = createPostgresTarget({ url: database.url, waitMs: 1 })
    const next = load('read', flightColumns, flights(2, 1))
    await impatient.check(next.request)
    await next.stage(impatient)
    await assert.rejects(impatient.publish(next.request), (error) => {
      assert.ok(error instanceof PipelineError)
      assert.deepEqual([error.code, error.retryable], ['TARGET_BUSY', true])
      assert.match(error.message, /to alter the table for "a long report" \(pid \d+\)/)
      return true
    })
    await impatient.close()
    const published = target.publish(next.request)
    await eventually('the load to wait', () => waiterOf('read'))
    const another = await database.connect()
    // Behind the waiting load; a wait that does not end fails the test by its timeout.
    assert.equal((await another.query('SELECT * FROM read')).rowCount, 1)
    await reader.query('COMMIT')
    assert.equal((await published).kind, 'published')
    assert.equal((await another.query('SELECT * FROM read')).rowCount, 2)
  })
})

function countsOf(outcome: PublishOutcome) {
  assert.ok(outcome.kind === 'published')
  const { rowsInserted: inserted, rowsUpdated: updated, rowsUnchanged: unchanged } = outcome.counts
  return { inserted, updated, unchanged }
}
