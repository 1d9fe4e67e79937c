import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ColumnDefinition, ColumnType } from '../../activities/index.ts'
import { transformedColumns } from '../../activities/transformed-columns.ts'
import { useDuckDb } from '../support/use-duck-db.ts'

const types: Readonly<Record<string, ColumnType>> = {
  id: { kind: 'bigint' },
  n: { kind: 'smallint' },
  price: { kind: 'numeric', precision: 10, scale: 2 },
  t: { kind: 'text' },
  j: { kind: 'jsonb' },
  raw: { kind: 'json' },
  seen: { kind: 'timestamptz' },
  day: { kind: 'date' },
  clock: { kind: 'time' },
  u: { kind: 'uuid' },
  b: { kind: 'bytea' },
  yes: { kind: 'boolean' },
  d: { kind: 'double' },
  tags: { kind: 'array', element: { kind: 'text' } },
}
const columns: readonly ColumnDefinition[] = Object.entries(types).map(([name, type]) => ({
  name,
  type,
  from: `${name} at the source`,
  key: name === 'id',
}))

describe('the columns of a transform', () => {
  const bed = useDuckDb()

  const of = (sql: string) =>
    transformedColumns(
      bed.duckDb,
      { columns, transform: { sql, scope: 'batch' } },
      AbortSignal.timeout(60_000),
    )

  async function typesOf(sql: string): Promise<Record<string, string>> {
    const made = await of(`select id, ${sql} from input`)
    return Object.fromEntries((made ?? []).slice(1).map(({ name, type }) => [name, nameOf(type)]))
  }

  const refuses = (sql: string, message: RegExp) =>
    assert.rejects(of(sql), { code: 'TRANSFORM_INVALID', retryable: false, message }, sql)

  test('are those that were declared, under all of their types, where nothing is done', async () => {
    assert.deepEqual(
      await of('from input'),
      columns.map((column) => ({ ...column, from: column.name })),
    )
    const none = { columns, transform: undefined }
    assert.equal(await transformedColumns(bed.duckDb, none, AbortSignal.timeout(1000)), undefined)
  })

  test('have the nearest type of PostgreSQL that holds every value', async () => {
    assert.deepEqual(
      await typesOf(`1::tinyint ti, 1::utinyint uti, 1::usmallint usi, 1::uinteger ui,
        1::ubigint ubi, sum(n) over () h, 1::uhugeint uh, 1::float f, n / 2 half, count(*) over () c,
        price * 1.609344 km, 'a'::enum('a') e, '2001-01-01'::timestamp_ns ns,
        '2001-01-01'::timestamp_s s, seen at time zone 'UTC' wall, {'a': n} st, map {'a': n} m,
        [n, 2] l, [1, 2]::tinyint[2] arr, [[n]] ll, [{'a': n}] ls, [price] lp, t::json js,
        tags || ['x'] tags, len(tags) many`),
      {
        ti: 'smallint',
        uti: 'smallint',
        usi: 'integer',
        ui: 'bigint',
        ubi: 'numeric(20, 0)',
        h: 'numeric(38, 0)',
        uh: 'numeric(38, 0)',
        f: 'double',
        half: 'double',
        c: 'bigint',
        km: 'numeric(17, 8)',
        e: 'text',
        ns: 'timestamp',
        s: 'timestamp',
        wall: 'timestamp',
        st: 'jsonb',
        m: 'jsonb',
        l: 'smallint[]',
        arr: 'smallint[]',
        ll: 'jsonb',
        ls: 'jsonb',
        lp: 'numeric(10, 2)[]',
        js: 'jsonb',
        tags: 'text[]',
        many: 'bigint',
      },
    )
  })

  test('keep json and jsonb under their own names only', async () => {
    assert.deepEqual(await typesOf('j, raw, j as other'), {
      j: 'jsonb',
      raw: 'json',
      other: 'text',
    })
  })

  test('have a key under its own name', async () => {
    const made = await of('select t as id, id as t from input')
    assert.deepEqual(
      made?.map(({ name, type, key }) => [name, type.kind, key]),
      [
        ['id', 'text', true],
        ['t', 'bigint', false],
      ],
    )
    await refuses('select n from input', /the key column id is not in its result/)
    await refuses('select id as "ID" from input', /the key column id is not in its result/)
  })

  test('cannot be named or typed as no column of a table is', async () => {
    const cases: readonly [string, RegExp][] = [
      ['select id, id from input', /has the column id twice/],
      ['select id, n as "ID" from input', /has the column ID twice/],
      ['select id, n as ctid from input', /"ctid" cannot be called so/],
      [`select id, n as "${'é'.repeat(32)}" from input`, /of 64 bytes, cannot be called so/],
      [
        'select id, seen - seen as age from input',
        /age is of type INTERVAL, which is not loaded: cast/,
      ],
      [`select id, '1'::bit as b from input`, /b is of type BIT/],
    ]
    for (const [sql, message] of cases) await refuses(sql, message)
  })

  test('are not made by SQL that is wrong; what is wrong is said', async () => {
    const cases: readonly [string, RegExp][] = [
      ['select id, nope from input', /Referenced column "nope" not found/],
      ['selec id from input', /syntax error at or near "selec"/],
      ['select id, t + 1 + [] from input', /Binder Error: .*\+/],
      ['', /it has 0 statements/],
    ]
    for (const [sql, message] of cases) await refuses(sql, message)
    await assert.rejects(of('select id, nope from input'), ({ message }: Error) => {
      assert.ok(!message.includes('\n'), message)
      return true
    })
  })

  test('come from one SELECT over the input, and from nothing else', async () => {
    for (const sql of [
      `copy input to 'file'`,
      'set threads = 1',
      'pragma version',
      'install httpfs',
      `attach 'file'`,
      'create table other (id bigint)',
      'explain select id from input',
    ]) {
      await refuses(sql, /it is not a SELECT that stands alone/)
    }
    await refuses('describe input', /it is not a SELECT/)
    await refuses('select id from input; select id from input', /it has 2 statements/)
    await refuses('select id, $1 as n from input', /it has a parameter/)
    for (const [relation, name] of [
      [`read_csv('/etc/passwd')`, 'read_csv'],
      [`read_text('/etc/passwd')`, 'read_text'],
      [`glob('/*')`, 'glob'],
      [`query('from input')`, 'query'],
      ['duckdb_settings()', 'duckdb_settings'],
      [`'/etc/passwd'`, '/etc/passwd'],
      ['information_schema.tables', 'tables'],
      ['duckdb_secrets()', 'duckdb_secrets'],
    ] as const) {
      const message = new RegExp(`it reads from ${name}`)
      await refuses(`select id from input, ${relation}`, message)
      await refuses(`select id, exists (from ${relation}) as n from input`, message)
      await refuses(`with other as (from ${relation}) select id from input, other`, message)
    }
    await refuses(`select id, getenv('HOME') as n from input`, /getenv does not exist/)
  })

  test('do not depend on time, chance or the session', async () => {
    for (const call of [
      'now()',
      'NOW()',
      'main.now()',
      'today()',
      'age(seen)',
      'random()',
      'uuid()',
      'gen_random_uuid()',
      'uuidv7()',
      'ago(interval 1 day)',
      `current_setting('threads')`,
      'current_date',
      'current_timestamp',
      'CURRENT_TIME',
      'localtimestamp',
      'current_user',
      `nextval('s')`,
      'version()',
      `getvariable('x')`,
      'row_number() over (order by random())',
    ]) {
      await refuses(`select id, ${call} as n from input`, /which a retry would find changed/)
      await refuses(
        `select id from input where (${call})::text <> ''`,
        /a retry would find changed/,
      )
    }
    await refuses('select id from input using sample 10%', /it takes a sample/)
    await refuses('select id from input tablesample 10%', /it takes a sample/)
  })

  test('may be made in all the ways that depend on the input alone', async () => {
    for (const sql of [
      'select id from input; -- the end',
      '-- first\nwith a as (select id, n from input) select id from a join input using (id)',
      'from input select id, unnest(tags) as tag order by id',
      'select id, (select max(n) from input) as n, exists (from range(3)) as e from input',
      'select id, row_number() over (partition by n order by id) as place from input',
      'with recursive r as (select 1 as i union all select i + 1 from r where i < 3) select id, i from input, r',
      'select id, age(seen, seen::timestamptz)::text as n from input',
      `select id, columns('^t') from input`,
      'select max(id) as id, n from input group by all',
      'select input.id, x.v from input, (values (1)) x(v)',
    ]) {
      assert.equal((await of(sql))?.[0]?.name, 'id', sql)
    }
    // A column may be called like a function.
    const user: ColumnDefinition = { name: 'user', type: { kind: 'text' }, from: 'user', key: true }
    const sql = 'select user from input'
    const definition = { columns: [user], transform: { sql, scope: 'batch' } } as const
    const made = await transformedColumns(bed.duckDb, definition, AbortSignal.timeout(60_000))
    assert.deepEqual(made, [user])
  })
})

function nameOf(type: ColumnType): string {
  switch (type.kind) {
    case 'numeric':
      return `numeric(${type.precision}, ${type.scale})`
    case 'array':
      return `${nameOf(type.element)}[]`
    default:
      return type.kind
  }
}
