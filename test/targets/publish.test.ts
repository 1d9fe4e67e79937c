import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import type { PipelineError } from '../../activities/pipeline-error.ts'
import type { LoadCounts, LoadTarget, PublishOutcome } from '../../activities/load-target.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { column } from './support/column.ts'
import type { Row } from './support/part-chunk-of.ts'
import { flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

describe('publishing a dataset into PostgreSQL', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url, maxConnections: 8 })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  it('makes the table with the declared types and key, fills it, and records the load', async () => {
    const load = sampleLoad('made', [flights(1, 3), flights(4, 2)])
    assert.deepEqual(countsOf(await load.run(target)), {
      rowsStaged: 5,
      rowsInserted: 5,
      rowsUpdated: 0,
      rowsUnchanged: 0,
      rowsDuplicate: 0,
      rowsDeleted: 0,
    })
    assert.deepEqual(await database.query('SELECT * FROM made ORDER BY id LIMIT 2'), [
      { id: '1', carrier: 'DY', delay: 0 },
      { id: '2', carrier: 'DY', delay: 1 },
    ])
    const [key] = await database.query(
      `SELECT pg_get_constraintdef(oid) AS key FROM pg_constraint WHERE conrelid = 'made'::regclass AND contype = 'p'`,
    )
    assert.deepEqual(key, { key: 'PRIMARY KEY (id)' })
    const [row] = await database.query(
      `SELECT target, pipeline, partition, manifest_key, mode, rows_staged, rows_inserted,
              requested_at = '2026-11-24T02:00:00Z' AS requested, published_at IS NOT NULL AS published
         FROM claimcheck.loads WHERE dataset_id = $1`,
      [load.datasetId],
    )
    assert.deepEqual(row, {
      target: 'public.made',
      pipeline: 'flights',
      partition: '2026-11-23',
      manifest_key: load.request.manifestKey,
      mode: 'merge',
      rows_staged: '5',
      rows_inserted: '5',
      requested: true,
      published: true,
    })
  })

  it('leaves nothing in staging', async () => {
    await sampleLoad('tidy', [flights(1, 3)]).run(target)
    assert.deepEqual(await stagingTables(database), [])
    assert.deepEqual(await database.query('SELECT FROM claimcheck.staged_parts'), [])
  })

  it('publishes once when asked twice, and tells so', async () => {
    const load = sampleLoad('twice', [flights(1, 3)])
    const first = await load.run(target)
    await database.query('DELETE FROM twice WHERE id = 1')
    const second = await target.publish(load.request)
    assert.deepEqual(second, { ...first, alreadyPublished: true })
    assert.deepEqual(await database.query('SELECT count(*)::int FROM twice'), [{ count: 2 }])
    // Nor could the catalog hold it twice.
    const again =
      'INSERT INTO claimcheck.loads SELECT * FROM claimcheck.loads WHERE dataset_id = $1'
    await assert.rejects(database.query(again, [load.datasetId]), { code: '23505' })
  })

  it('stages nothing for a dataset that is published', async () => {
    const load = sampleLoad('late', [flights(1, 3)])
    await load.run(target)
    assert.deepEqual(await target.stagePart(load.part(0)), { rowCount: 3 })
    assert.deepEqual(await stagingTables(database), [])
  })

  it('publishes once when two attempts publish at the same time', async () => {
    const load = sampleLoad('attempts', [flights(1, 2000)])
    await target.check(load.request)
    await load.stage(target)
    const outcomes = await Promise.all([
      target.publish(load.request),
      target.publish(load.request),
      target.publish(load.request),
    ])
    assert.equal(outcomes.filter((o) => o.kind === 'published' && !o.alreadyPublished).length, 1)
    assert.deepEqual(await database.query('SELECT count(*)::int FROM attempts'), [{ count: 2000 }])
  })

  it('counts rows that are new, changed and as they were, and rewrites only what changed', async () => {
    await sampleLoad('merged', [flights(1, 10)]).run(target)
    const versions = `SELECT id, ctid::text, xmin::text FROM merged WHERE id <= 5 ORDER BY id`
    const before_ = await database.query(versions)
    const next = sampleLoad('merged', [
      [...flights(1, 5), ...flights(11, 4)],
      flights(1, 10, 'SK').slice(7),
    ])
    assert.deepEqual(countsOf(await next.run(target)), {
      rowsStaged: 12,
      rowsInserted: 4,
      rowsUpdated: 3,
      rowsUnchanged: 5,
      rowsDuplicate: 0,
      rowsDeleted: 0,
    })
    assert.deepEqual(await database.query(versions), before_)
    assert.deepEqual(
      await database.query('SELECT carrier, count(*)::int FROM merged GROUP BY 1 ORDER BY 1'),
      [
        { carrier: 'DY', count: 11 },
        { carrier: 'SK', count: 3 },
      ],
    )
  })

  it('lets the record that was staged last win, by part and then by row', async () => {
    for (const existing of [false, true]) {
      if (existing) await sampleLoad('last', [[[9n, 'x', 0]]]).run(target)
      const load = sampleLoad('last', [
        [
          [1n, 'first', 1],
          [2n, 'only', 1],
          [1n, 'second', 2],
        ],
        [
          [3n, 'third', 3],
          [1n, 'last', 4],
        ],
        [[3n, 'wins', 5]],
      ])
      // Staged in another order than they count.
      await target.check(load.request)
      for (const part of [2, 0, 1]) await target.stagePart(load.part(part))
      const counts = countsOf(await target.publish(load.request))
      assert.equal(counts.rowsDuplicate, 3)
      assert.equal(counts.rowsInserted, existing ? 0 : 3)
      assert.deepEqual(await database.query('SELECT * FROM last WHERE id < 9 ORDER BY id'), [
        { id: '1', carrier: 'last', delay: 4 },
        { id: '2', carrier: 'only', delay: 1 },
        { id: '3', carrier: 'wins', delay: 5 },
      ])
    }
  })

  it('tells NULL, empty text and other case apart, and updates each', async () => {
    await database.query(
      `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    )
    await database.query(
      'CREATE TABLE subtle (id bigint PRIMARY KEY, carrier text COLLATE nocase, delay integer)',
    )
    await sampleLoad('subtle', carriers([null, '', 'a', 'A', null])).run(target)
    const counts = countsOf(
      await sampleLoad('subtle', carriers(['', null, 'A', 'A', null])).run(target),
    )
    assert.deepEqual([counts.rowsUpdated, counts.rowsUnchanged], [3, 2])
    const stored = await database.query<{ carrier: string | null }>(
      'SELECT carrier FROM subtle ORDER BY id',
    )
    assert.deepEqual(
      stored.map(({ carrier }) => carrier),
      ['', null, 'A', 'A', null],
    )
  })

  it('writes what the source has, where PostgreSQL takes it for equal to what is there', async () => {
    const columns = [
      column('id', 'integer', 'key'),
      column('double', 'double'),
      column('json', 'json'),
      column('jsonb', 'jsonb'),
      column('doubles', { kind: 'array', element: { kind: 'double' } }),
      column('bytea', 'bytea'),
      column('numeric', { kind: 'numeric', precision: 10, scale: 2 }),
      column('timestamptz', 'timestamptz'),
    ]
    const others = [Uint8Array.of(0), '1.00', 0n]
    const load = (...rows: Row[]) =>
      sampleLoad('equal', [rows.map((row, id) => [id, ...row, ...others])], columns).run(target)
    const first: Row[] = [
      [NaN, '{"a":1}', '[1.0]', [NaN, 0, null]],
      [0, '{"a":1}', '[1.0]', [NaN, 0, null]],
      [-0, '{"a":1}', '[1.0]', [NaN, 0, null]],
      [NaN, '{"a":1}', '[1.0]', [NaN, 0, null]],
      [NaN, '{"a":1}', '[1.0]', [NaN, 0, null]],
      [NaN, '{"a":1}', '[1.0]', [NaN, 0, null]],
    ]
    const next: Row[] = [
      [NaN, '{"a":1}', '[1.0]', [NaN, 0, null]],
      [-0, '{"a":1}', '[1.0]', [NaN, 0, null]],
      [0, '{"a":1}', '[1.0]', [NaN, 0, null]],
      [NaN, '{"a" :1}', '[1.0]', [NaN, 0, null]],
      [NaN, '{"a":1}', '[1.00]', [NaN, 0, null]],
      [NaN, '{"a":1}', '[1.0]', [NaN, -0, null]],
    ]
    await load(...first)
    assert.equal(countsOf(await load(...first)).rowsUnchanged, 6)
    const counts = countsOf(await load(...next))
    assert.deepEqual([counts.rowsUpdated, counts.rowsUnchanged], [5, 1])
    const stored = await database.query<Record<string, string>>(
      `SELECT concat_ws(' ', double, json, jsonb, doubles) AS row FROM equal ORDER BY id`,
    )
    assert.deepEqual(
      stored.map(({ row }) => row),
      [
        'NaN {"a":1} [1.0] {NaN,0,NULL}',
        '-0 {"a":1} [1.0] {NaN,0,NULL}',
        '0 {"a":1} [1.0] {NaN,0,NULL}',
        'NaN {"a" :1} [1.0] {NaN,0,NULL}',
        'NaN {"a":1} [1.00] {NaN,0,NULL}',
        'NaN {"a":1} [1.0] {NaN,-0,NULL}',
      ],
    )
  })

  it('takes for one key what the table takes for one', async () => {
    const columns = [column('code', 'text', 'key'), column('name', 'text')]
    await database.query('CREATE TABLE codes (code text COLLATE nocase PRIMARY KEY, name text)')
    const load = sampleLoad(
      'codes',
      [
        [
          ['osl', 'a'],
          ['OSL', 'b'],
          ['bgo', 'c'],
        ],
      ],
      columns,
    )
    assert.equal(countsOf(await load.run(target)).rowsDuplicate, 1)
    const next = sampleLoad(
      'codes',
      [
        [
          ['Osl', 'd'],
          ['BGO', 'c'],
        ],
      ],
      columns,
    )
    const counts = countsOf(await next.run(target))
    assert.deepEqual([counts.rowsUpdated, counts.rowsUnchanged, counts.rowsInserted], [1, 1, 0])
  })

  it('merges tables whose columns are all key, or whose key has several columns', async () => {
    const pair = [column('a', 'integer', 'key'), column('b', 'text', 'key')]
    await sampleLoad(
      'pairs',
      [
        [
          [1, 'x'],
          [1, 'y'],
        ],
      ],
      pair,
    ).run(target)
    const load = sampleLoad(
      'pairs',
      [
        [
          [1, 'y'],
          [2, 'x'],
          [2, 'x'],
        ],
      ],
      pair,
    )
    assert.deepEqual(countsOf(await load.run(target)), {
      rowsStaged: 3,
      rowsInserted: 1,
      rowsUpdated: 0,
      rowsUnchanged: 1,
      rowsDuplicate: 1,
      rowsDeleted: 0,
    })
  })

  it('publishes a dataset without rows', async () => {
    const load = sampleLoad('empty', [])
    assert.equal(countsOf(await load.run(target)).rowsStaged, 0)
    const emptyPart = sampleLoad('empty', [[]])
    assert.equal(countsOf(await emptyPart.run(target)).rowsStaged, 0)
    assert.deepEqual(await database.query('SELECT FROM empty'), [])
  })

  it('loads eight datasets into one table at once, without deadlock, each row once', async () => {
    const loads = Array.from({ length: 8 }, (_, index) =>
      sampleLoad('shared', [flights(index * 500, 1000), flights(index * 500 + 1000, 250)]),
    )
    const outcomes = await Promise.all(loads.map((load) => load.run(target)))
    const inserted = outcomes.map((outcome) => countsOf(outcome).rowsInserted)
    const [{ count } = { count: 0 }] = await database.query<{ count: number }>(
      'SELECT count(*)::int FROM shared',
    )
    assert.equal(count, 7 * 500 + 1250)
    assert.equal(
      inserted.reduce((sum, n) => sum + n, 0),
      count,
    )
  })

  it('lets readers read while it writes', async () => {
    await sampleLoad('read', [flights(1, 10)]).run(target)
    const reader = await database.connect()
    await reader.query('BEGIN; SELECT * FROM read')
    await sampleLoad('read', [flights(1, 20, 'SK')]).run(target)
    await reader.query('COMMIT')
  })

  it('takes its time, waits for the disk and knows the types, whatever its role is given', async () => {
    const role = `claimcheck_hasty_${randomBytes(4).toString('hex')}`
    await database.query(`CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD 'hasty'`)
    const hasty = createPostgresTarget({ url: database.urlAs(role, 'hasty') })
    try {
      const [server] = await database.query<{ timeouts: string[] }>(
        `SELECT array_agg(name) AS timeouts FROM pg_settings
          WHERE name IN ('statement_timeout', 'transaction_timeout')`,
      )
      for (const timeout of server?.timeouts ?? []) {
        await database.query(`ALTER ROLE ${role} SET ${timeout} = '1s'`)
      }
      await database.query(`ALTER ROLE ${role} SET synchronous_commit = off;
        ALTER ROLE ${role} SET quote_all_identifiers = on;
        CREATE TABLE slow (id bigint PRIMARY KEY, carrier text, delay integer, commits text);
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            PERFORM pg_sleep(1.5);
            NEW.commits := current_setting('synchronous_commit');
            RETURN NEW;
          END $$;
        CREATE TRIGGER tell BEFORE INSERT ON slow FOR EACH ROW EXECUTE FUNCTION tell()`)
      await sampleLoad('slow', [flights(1, 1)]).run(hasty)
      assert.deepEqual(await database.query('SELECT commits FROM slow'), [{ commits: 'on' }])
    } finally {
      await hasty.close()
      await database.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role};
        DROP ROLE ${role}`)
    }
  })

  it('says so, at once, what a constraint, a publication or a function of the table refuses', async () => {
    const secret = 'not to be told'
    await database.query(`
      CREATE TABLE referred (id integer PRIMARY KEY);
      CREATE TABLE refusing (id bigint PRIMARY KEY, carrier text NOT NULL, delay integer
        CHECK (delay <> 2) REFERENCES referred DEFERRABLE INITIALLY DEFERRED);
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.delay = 3 THEN RAISE EXCEPTION 'no % here', NEW.carrier USING ERRCODE = '55000'; END IF;
          IF NEW.delay = 4 THEN INSERT INTO nowhere VALUES (NEW.carrier); END IF;
          RETURN NEW;
        END $$;
      CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON refusing FOR EACH ROW EXECUTE FUNCTION refuse();
      CREATE TABLE parted (id bigint PRIMARY KEY, carrier text, delay integer) PARTITION BY RANGE (id);
      CREATE TABLE published (id bigint, carrier text, delay integer);
      CREATE UNIQUE INDEX ON published (id);
      INSERT INTO published VALUES (1, 'a', 1);
      CREATE PUBLICATION changes FOR TABLE published`)
    const refused: [string, Row, string, RegExp][] = [
      ['refusing', [1n, null, null], 'TARGET_MISMATCH', /takes no NULL.* column=carrier/],
      [
        'refusing',
        [1n, secret, 2],
        'TARGET_MISMATCH',
        /A check refuses .* constraint=refusing_delay_check/,
      ],
      ['refusing', [1n, secret, 5], 'TARGET_MISMATCH', /A foreign key would refer to rows/],
      ['refusing', [1n, secret, 3], 'TARGET_MISMATCH', /^A function of the database failed/],
      ['refusing', [1n, secret, 4], 'TARGET_FAILED', /^A function of the database failed/],
      ['parted', [1n, secret, 1], 'TARGET_MISMATCH', /no partition of the table takes it/],
      ['published', [1n, secret, 1], 'TARGET_MISMATCH', /does not have a replica identity/],
    ]
    for (const [table, row, code, message] of refused) {
      await assert.rejects(sampleLoad(table, [[row]]).run(target), (error: PipelineError) => {
        assert.deepEqual([error.code, error.retryable], [code, false])
        assert.match(error.message, message)
        assert.ok(!inspect(error).includes(secret))
        return true
      })
    }
  })

  it('says who holds rows of the table for too long', async () => {
    await sampleLoad('held', [flights(1, 1)]).run(target)
    // In the place of the 30 s after which PostgreSQL says so.
    await database.query(`
      CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'lock_not_available'; END $$;
      CREATE TRIGGER wait BEFORE INSERT ON held FOR EACH ROW EXECUTE FUNCTION wait()`)
    const next = () => sampleLoad('held', [flights(2, 1)]).run(target)
    const busy = { code: 'TARGET_BUSY', retryable: true }
    await assert.rejects(next(), { ...busy, message: /^A function/ })
    const [reader, holder] = [await database.connect(), await database.connect()]
    await reader.query('BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT FROM held')
    await holder.query(`SET application_name = 'of Ann'; BEGIN; SELECT FROM held FOR UPDATE`)
    await assert.rejects(next(), { ...busy, message: /are held by "of Ann" \(pid \d+\) / })
    for (const client of [reader, holder]) await client.query('ROLLBACK')
  })

  it('says so, at once, when a key is longer than an index can hold', async () => {
    const key = randomBytes(10_000).toString('hex')
    const load = sampleLoad('long_key', [[[key]]], [column('id', 'text', 'key')])
    await assert.rejects(load.run(target), (error: PipelineError) => {
      assert.deepEqual([error.code, error.retryable], ['TARGET_MISMATCH', false])
      return /maximum/.test(error.message) && !inspect(error).includes(key.slice(0, 20))
    })
  })

  it('says so, and loads nothing, when a trigger of the table drops rows', async () => {
    await sampleLoad('dropping', [flights(1, 1)]).run(target)
    await database.query(`
      CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER t BEFORE INSERT ON dropping FOR EACH ROW WHEN (NEW.id = 3) EXECUTE FUNCTION drop_row()`)
    await assert.rejects(sampleLoad('dropping', [flights(2, 3)]).run(target), { code: 'ROWS_LOST' })
    assert.deepEqual(await database.query('SELECT id FROM dropping'), [{ id: '1' }])
  })
})

function countsOf(outcome: PublishOutcome): LoadCounts {
  assert.equal(outcome.kind, 'published')
  return outcome.counts
}

function stagingTables(database: TestDatabase) {
  return database.query(`SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = 'claimcheck_staging' AND relkind = 'r'`)
}

/** One part of rows that differ in the carrier. */
function carriers(values: readonly (string | null)[]): Row[][] {
  return [values.map((value, index) => [BigInt(index), value, null])]
}
