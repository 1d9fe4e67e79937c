import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import type { LoadTarget } from '../../activities/load-target.ts'
import type {
  ColumnDefinition,
  PostgresTargetDefinition,
} from '../../activities/pipeline-definition.ts'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { startKerberosServer } from '../support/kerberos-server.ts'
import { column } from './support/column.ts'
import { flightColumns, flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const PASSWORD = 'not-to-be-told'

describe('checking a PostgreSQL target before a load', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget
  const role = `claimcheck_test_loader_${process.pid}`

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`)
  })
  after(async () => {
    await target.close()
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    await database.drop()
  })

  const check = (
    table: string,
    columns: readonly ColumnDefinition[] = flightColumns,
    by = target,
    change: Partial<PostgresTargetDefinition> = {},
  ) => by.check(sampleLoad(table, [], columns, { target: change }).request)

  async function checkAt(
    url: string,
    table = 'flights',
    change: Partial<PostgresTargetDefinition> = {},
  ): Promise<void> {
    const other = createPostgresTarget({ url, connectTimeoutMs: 500 })
    try {
      await check(table, flightColumns, other, change)
    } finally {
      await other.close()
    }
  }

  it('makes the catalog and nothing else, from many workers at once', async () => {
    const url = new URL(database.url)
    const others = Array.from({ length: 5 }, () => createPostgresTarget({ url: url.href }))
    await Promise.all(others.map((other) => check('flights', flightColumns, other)))
    await Promise.all(others.map((other) => other.close()))
    assert.deepEqual(await database.query('SELECT number, file FROM claimcheck.migrations'), [
      { number: 1, file: '0001_catalog.sql' },
      { number: 2, file: '0002_row_accounting.sql' },
      { number: 3, file: '0003_rejects_and_marks.sql' },
      { number: 4, file: '0004_modes_and_catalog.sql' },
      { number: 5, file: '0005_made_from.sql' },
      { number: 6, file: '0006_missing_fields.sql' },
    ])
    assert.deepEqual(await database.query(`SELECT to_regclass('public.flights') AS made`), [
      { made: null },
    ])
  })

  it('tells a server that cannot be reached, or does not answer, from one that refuses', async () => {
    const silent = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    assert.ok(typeof address === 'object' && address !== null)
    const silentUrl = `postgres://user:${PASSWORD}@127.0.0.1:${address.port}/db`
    await assertRefused(checkAt(silentUrl), 'TARGET_UNREACHABLE', true)
    await new Promise((resolve) => silent.close(resolve))
    await assertRefused(checkAt(silentUrl), 'TARGET_UNREACHABLE', true)
  })

  it('tells a way to authenticate that it does not know, and lives on', async (t) => {
    const port = await startKerberosServer(t)
    const pending = checkAt(`postgres://user:${PASSWORD}@127.0.0.1:${port}/x`)
    await assertRefused(pending, 'TARGET_DENIED', false, /a way to authenticate that is not known/)
  })

  it('tells wrong credentials and a wrong database, without the password', async () => {
    await assertRefused(checkAt(database.urlAs(role, `${PASSWORD}?`)), 'TARGET_DENIED', false)
    await assertRefused(
      checkAt(database.urlAs('nobody_of_this_name', PASSWORD)),
      'TARGET_DENIED',
      false,
    )
    const elsewhere = new URL(database.urlAs(role, PASSWORD))
    elsewhere.pathname = '/no_database_of_this_name'
    await assertRefused(checkAt(elsewhere.href), 'TARGET_DENIED', false)
    await assertRefused(checkAt(database.urlAs(role, '')), 'TARGET_DENIED', false)
  })

  it('refuses a URL that cannot be read without quoting it', () => {
    assert.throws(
      () => createPostgresTarget({ url: `postgres://u:${PASSWORD}@[bad/db` }),
      (error: Error) => !inspect(error).includes(PASSWORD),
    )
  })

  it('says which right a role lacks, until it has them all', async () => {
    const url = database.urlAs(role, PASSWORD)
    const refused = (
      table: string,
      message: RegExp,
      change: Partial<PostgresTargetDefinition> = {},
    ) => assertRefused(checkAt(url, table, change), 'TARGET_NOT_WRITABLE', false, message)
    await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
    await refused('absent', /may not create/)
    await database.query(`GRANT CREATE ON SCHEMA public TO ${role}`)
    await database.query(
      'CREATE TABLE present (id bigint PRIMARY KEY, carrier text, delay integer)',
    )
    await database.query(`GRANT SELECT ON present TO ${role}`)
    await refused('present', /lacks INSERT, UPDATE on the table/)
    await database.query(`GRANT INSERT, UPDATE ON present TO ${role}`)
    await refused('present', /permission denied for schema claimcheck/)
    await database.query(`GRANT USAGE ON SCHEMA claimcheck TO ${role}`)
    await database.query(`GRANT SELECT ON claimcheck.migrations TO ${role}`)
    await refused('present', /CREATE ON SCHEMA claimcheck_staging, SELECT ON claimcheck.loads/)
    await database.query(`GRANT USAGE, CREATE ON SCHEMA claimcheck_staging TO ${role};
      GRANT SELECT, INSERT ON claimcheck.loads TO ${role};
      GRANT SELECT, INSERT, DELETE ON claimcheck.staged_parts TO ${role};
      GRANT INSERT ON claimcheck.rejects TO ${role};
      GRANT SELECT, INSERT, UPDATE ON claimcheck.high_water_marks, claimcheck.pipelines,
        claimcheck.runs TO ${role};
      GRANT SELECT, INSERT ON claimcheck.datasets TO ${role}`)
    await refused('present', /lacks SELECT ON claimcheck.evolved_columns, .*, UPDATE ON/)
    await database.query(`GRANT SELECT, INSERT, UPDATE ON claimcheck.evolved_columns TO ${role}`)
    const loader = createPostgresTarget({ url })
    for (const table of ['present', 'absent']) {
      const outcome = await sampleLoad(table, [flights(1, 10)]).run(loader)
      assert.equal(outcome.kind, 'published')
    }
    await loader.close()
    const deleting: readonly Partial<PostgresTargetDefinition>[] = [
      { mode: 'replace' },
      { mode: 'replace-interval', intervalColumn: 'id' },
      { mode: 'history' },
      { mode: 'merge', onMissing: 'delete' },
    ]
    for (const change of deleting) {
      await refused('present', /lacks DELETE on the table/, change)
    }
    await database.query('ALTER TABLE present ENABLE ROW LEVEL SECURITY')
    await refused('present', /Row-level security/)
  })

  it('refuses a catalog that may not be made', async () => {
    const fresh = await createTestDatabase()
    await fresh.query(`GRANT CREATE ON SCHEMA public TO ${role}`)
    const pending = checkAt(fresh.urlAs(role, PASSWORD))
    await assertRefused(pending, 'TARGET_NOT_WRITABLE', false, /permission denied for database/)
    await fresh.query(`DROP OWNED BY ${role}`)
    await fresh.drop()
  })

  it('says who makes transactions read-only', async () => {
    const fresh = await createTestDatabase()
    await fresh.query(
      `ALTER DATABASE ${new URL(fresh.url).pathname.slice(1)} SET default_transaction_read_only = on`,
    )
    const pending = checkAt(fresh.url)
    await assertRefused(
      pending,
      'TARGET_NOT_WRITABLE',
      false,
      /default_transaction_read_only is on/,
    )
    await fresh.drop()
  })

  it('refuses a schema that does not exist, and what is no table', async () => {
    const { request } = sampleLoad('flights', [])
    await assertRefused(
      target.check({ ...request, target: { ...request.target, schema: 'nowhere' } }),
      'TARGET_NOT_WRITABLE',
      false,
      /schema does not exist/,
    )
    await database.query(`CREATE VIEW looks_like AS SELECT 1::bigint AS id, '' AS carrier, 1 AS delay;
      CREATE MATERIALIZED VIEW solid AS TABLE looks_like; CREATE SEQUENCE counter`)
    await assertRefused(check('looks_like'), 'TARGET_MISMATCH', false, /It is a view/)
    await assertRefused(check('solid'), 'TARGET_MISMATCH', false, /It is a materialized view/)
    await assertRefused(check('counter'), 'TARGET_MISMATCH', false, /It is a sequence/)
  })

  it('names each difference between the declared columns and the table', async () => {
    await database.query(`CREATE TABLE other (
      id integer UNIQUE, "Carrier" text, delay integer GENERATED ALWAYS AS (id) STORED,
      price numeric(10,2), at timestamp(3), needed text NOT NULL, filled text NOT NULL DEFAULT '')`)
    const declared = [
      ...flightColumns,
      column('price', { kind: 'numeric', precision: 12, scale: 2 }),
      column('at', 'timestamp'),
    ]
    await assert.rejects(check('other', declared), (error: Error) => {
      assert.deepEqual(error.message.replace(/ \[.*/, '').split('; '), [
        'column "id" is integer, declared bigint, and cannot change: what depends on it is column delay of table other',
        'column "carrier" text is not in the table, and "Carrier" is',
        'column "delay" is generated by the table',
        'column "price" is numeric(10,2), declared numeric(12,2)',
        'column "at" is timestamp(3) without time zone, declared timestamp without time zone',
        'column "needed" is not declared and takes no NULL',
      ])
      return true
    })
  })

  it('asks for a unique index on just the key, over all rows', async () => {
    await database.query(`CREATE TABLE keyless (id bigint, carrier text, delay integer);
      CREATE UNIQUE INDEX ON keyless (id, carrier); CREATE UNIQUE INDEX ON keyless (id) WHERE id > 1;
      CREATE INDEX ON keyless (id)`)
    await assertRefused(
      check('keyless'),
      'TARGET_MISMATCH',
      false,
      /no unique index on the key \(id\)/,
    )
    await database.query('CREATE UNIQUE INDEX ON keyless (id) INCLUDE (delay)')
    await check('keyless')
  })

  it('asks for no unique index that the table cannot have, and for one that takes keys for equal as the column does', async () => {
    await database.query(`CREATE TABLE by_delay (id bigint, carrier text, delay integer) PARTITION BY LIST (delay);
      CREATE TABLE by_sum (id bigint, carrier text, delay integer) PARTITION BY HASH ((id + delay));
      CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE loose (code text COLLATE nocase); CREATE UNIQUE INDEX ON loose (code COLLATE "C");
      CREATE TABLE strict (code text); CREATE UNIQUE INDEX ON strict (code COLLATE "C")`)
    const expected = [
      ['by_delay', /can have none: it is partitioned by delay/],
      ['by_sum', /can have none: it is partitioned by an expression/],
    ] as const
    for (const [table, message] of expected) {
      const evolving = sampleLoad(table, [], flightColumns, { request: { evolve: true } })
      await assertRefused(check(table), 'TARGET_MISMATCH', false, message)
      await assertRefused(target.check(evolving.request), 'TARGET_MISMATCH', false, message)
    }
    const code = [column('code', 'text', 'key')]
    await assertRefused(
      check('loose', code),
      'TARGET_MISMATCH',
      false,
      /no unique index on the key/,
    )
    await check('strict', code)
  })

  it('refuses more columns than a table can have while it is loaded', async () => {
    const many = (count: number, key?: 'key') =>
      Array.from({ length: count }, (_, index) => column(`c${index}`, 'boolean', key))
    for (const columns of [many(33, 'key'), [...flightColumns, ...many(1588)]]) {
      await assertRefused(
        check('wide', columns),
        'TARGET_MISMATCH',
        false,
        /more than PostgreSQL holds/,
      )
    }
    await check('wide', [...flightColumns, ...many(1587)])
  })

  it('refuses a load without a key and a column that is declared twice', async () => {
    const none = /No column is declared as part of the key/
    await assertRefused(check('t', [column('id', 'bigint')]), 'TARGET_MISMATCH', false, none)
    const twice = [...flightColumns, column('delay', 'text')]
    await assertRefused(check('t', twice), 'TARGET_MISMATCH', false, /declared twice/)
  })

  it('finds a change of the table that came after the check', async () => {
    const load = sampleLoad('changed', [flights(1, 3)])
    await load.run(target)
    const next = sampleLoad('changed', [flights(1, 5)])
    await target.check(next.request)
    await next.stage(target)
    await database.query('ALTER TABLE changed ALTER delay TYPE smallint')
    await assertRefused(
      target.publish(next.request),
      'TARGET_MISMATCH',
      false,
      /"delay" is smallint/,
    )
  })
})

async function assertRefused(
  pending: Promise<unknown>,
  code: string,
  retryable: boolean,
  message = /./,
): Promise<void> {
  await assert.rejects(pending, (error: Error) => {
    assert.ok(!inspect(error).includes(PASSWORD))
    assert.ok(error instanceof PipelineError, error)
    assert.deepEqual({ code: error.code, retryable: error.retryable }, { code, retryable })
    assert.match(error.message, message)
    return true
  })
}
