import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { conversionRules } from '../../../activities/conversion/conversion-rules.ts'
import { transformPart } from '../../../activities/conversion/transform-part.ts'
import { transformedColumns } from '../../../activities/transformed-columns.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from '../../unit/activities/convert-bodies.ts'

const declared = columnsOf({
  id: 'bigint',
  t: 'text',
  n: 'integer',
  j: 'jsonb',
  day: 'date',
  seen: 'timestamptz',
})

describe('a transform', () => {
  const bed = useDuckDb()
  const { signal } = new AbortController()

  /** The rows of `select …` (the declared columns) as the transform makes them. */
  async function transform(rows: string, sql: string): Promise<readonly unknown[]> {
    const folder = await mkdtemp(join(bed.folder, 'part-'))
    const partPath = join(folder, 'part.parquet')
    const names = declared.map(({ name }) => name).join(', ')
    const rowsSql = `SELECT id::BIGINT id, t::VARCHAR t, n::INTEGER n, j::VARCHAR j, day::DATE AS day,
      seen::TIMESTAMPTZ seen FROM (${rows}) source(${names})`
    const definition = { columns: declared, transform: { sql, scope: 'batch' } } as const
    const columns = await transformedColumns(bed.duckDb, definition, signal)
    const { transform: rule } = conversionRules(definition, columns)
    assert.ok(rule !== undefined)
    await bed.duckDb.withConnection(signal, (connection) =>
      connection.run(`COPY (${rowsSql}) TO '${partPath}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`),
    )
    const input = { partPath, declared, transform: rule, folder, signal }
    const made = await transformPart(bed.duckDb, input)
    return bed.duckDb.withConnection(signal, async (connection) => {
      const reader = await connection.runAndReadAll(`FROM read_parquet('${made.partPath}')`)
      const found = reader.getRowObjectsJson()
      assert.equal(found.length, made.rowCount)
      return found
    })
  }

  const good = `VALUES (2, 'two', 20, '{"a":1}', '2001-01-02', '2001-01-02 00:00:00Z'),
    (1, 'one', 10, NULL, NULL, NULL), (3, 'three', NULL, '[]', '2001-01-03', '-infinity')`

  const fails = (rows: string, sql: string, message: RegExp) =>
    assert.rejects(transform(rows, sql), { code: 'TRANSFORM_FAILED', retryable: false, message })

  test('makes other columns, types and rows, in order', async () => {
    assert.deepEqual(
      await transform(
        good,
        'select * exclude (j, day, seen), n * 1.5 as more from input where n > 0',
      ),
      [
        { id: '2', t: 'two', n: 20, more: '30.0' },
        { id: '1', t: 'one', n: 10, more: '15.0' },
      ],
    )
    const sorted = await transform(good, 'select id from input order by t; -- by name')
    assert.deepEqual(sorted, [{ id: '1' }, { id: '3' }, { id: '2' }])
    const more = await transform(good, 'select id, unnest([1, 2]) as place from input')
    assert.equal(more.length, 6)
    assert.deepEqual(await transform(good, 'select id, t from input where false'), [])
    assert.deepEqual(await transform(`${good} LIMIT 0`, 'from input'), [])
  })

  test('keeps every value exactly, and what is inside of others as JSON', async () => {
    const sql = `select id, 170141183460469231731687303715884105727 - id - 70141183460469231731687303715884105727 as huge,
      0.1::float as f, {'a': 12345678901234567890.123456789, 'b': [t]} as s, map {t: n} as m,
      (seen at time zone 'UTC')::timestamp_ns as ns, [t, NULL] as l, j, day, seen from input where id <> 1`
    assert.deepEqual(await transform(good, sql), [
      {
        id: '2',
        huge: '99999999999999999999999999999999999998',
        f: 0.10000000149011612,
        s: '{"a":12345678901234567890.123456789,"b":["two"]}',
        m: '{"two":20}',
        ns: '2001-01-02 00:00:00',
        l: ['two', null],
        j: '{"a":1}',
        day: '2001-01-02',
        seen: '2001-01-02 00:00:00+00',
      },
      {
        id: '3',
        huge: '99999999999999999999999999999999999997',
        f: 0.10000000149011612,
        s: '{"a":12345678901234567890.123456789,"b":["three"]}',
        m: '{"three":null}',
        ns: '-infinity',
        l: ['three', null],
        j: '[]',
        day: '2001-01-03',
        seen: '-infinity',
      },
    ])
  })

  test('gives the same rows in the same order each time', async () => {
    const many = `SELECT i, 'row ' || i, i % 1000, NULL, NULL, NULL FROM range(50000) r(i)`
    const sql = 'select min(id) as id, n, sum(1 / id) as s from input where id > 0 group by n'
    assert.deepEqual(await transform(many, sql), await transform(many, sql))
  })

  test('fails where a value of its result is none of PostgreSQL; the column is named', async () => {
    const cases: readonly [string, RegExp][] = [
      ['select nullif(id, 2) as id from input', /loaded: id: the key is missing \(1 rows\)/],
      ['select id, t || chr(0) as t from input', /t: the text holds a NUL character \(3 rows\)/],
      [
        `select id, day - 3000000 as day from input`,
        /day: the value is not of type date \(2 rows\)/,
      ],
      [
        `select id, seen - interval 8000 year as seen from input`,
        /seen: .* timestamptz \(1 rows\)/,
      ],
      [`select id, j || 'x' as j from input`, /j: the value is not of type jsonb \(2 rows\)/],
      [
        `select id, {'a': 'nan'::double} as s from input`,
        /s: the value is not of type jsonb \(3 rows/,
      ],
      [
        `select id, [t, chr(0)] as l from input`,
        /l: the text of an element holds a NUL .*\(3 rows/,
      ],
      [
        `select id, [day, day - 3000000] as l from input`,
        /l: an element is not of type date \(2 rows/,
      ],
      [
        `select id, 170141183460469231731687303715884105727 as huge from input`,
        /huge: the value is not of type numeric \(3 rows\)/,
      ],
      [
        `select id, ['2001-01-01 00:00:00.000000001'::timestamp_ns] as l from input`,
        /l: an element is not of type timestamp \(3 rows\)/,
      ],
      [
        `select nullif(id, 2) as id, t || chr(0) as t from input`,
        /t: the text holds .* \(2 rows\); id: the key is missing \(1 rows\)/,
      ],
    ]
    for (const [sql, message] of cases) await fails(good, sql, message)
  })

  test('fails without a word of the data where its SQL does', async () => {
    const cases: readonly [string, RegExp][] = [
      ['select id, t::integer as n from input', /fails on a value \(Conversion Error: column t\)/],
      ['select id, error(t) as n from input', /fails on a value \(Invalid Input Error\)/],
      [
        'select id, (n * 1000000000)::smallint as n from input',
        /\((Conversion|Out of Range) Error/,
      ],
      ['select id, (select t from input) as t from input', /more than one row returned by a sub/],
    ]
    for (const [sql, message] of cases) {
      await fails(good, sql, message)
      await assert.rejects(transform(good, sql), ({ message: said }: Error) => {
        assert.doesNotMatch(said, /two|one'|three|LINE/)
        return true
      })
    }
  })

  test('stops when it is told to', async () => {
    const stop = new AbortController()
    const endless = 'with recursive r as (select 1 as i union all select i + 1 from r) from r'
    const running = bed.duckDb.withSandbox(stop.signal, bed.folder, async (connection) => {
      setImmediate(() => stop.abort(new Error('stopped')))
      await connection.run(endless)
    })
    await assert.rejects(running, /stopped/)
  })
})

describe('the sandbox', () => {
  const bed = useDuckDb()

  test('reaches the files of its folder and nothing else', async () => {
    const { signal } = new AbortController()
    const folder = await mkdtemp(join(bed.folder, 'allowed-'))
    const outside = join(bed.folder, 'outside.csv')
    const statements = [
      `FROM read_csv('/etc/passwd')`,
      `FROM read_text('${join(folder, '..', '..', '..', 'etc', 'passwd')}')`,
      `FROM glob('${bed.folder}/*')`,
      `COPY (SELECT 1) TO '${outside}'`,
      `ATTACH '${join(bed.folder, 'other.db')}'`,
      'INSTALL httpfs',
      'LOAD httpfs',
      `SET enable_external_access = true`,
      `SET allowed_directories = ['/']`,
      `SET memory_limit = '100GB'`,
      'RESET lock_configuration',
      'PRAGMA threads = 8',
      `SELECT getenv('HOME')`,
      `FROM read_csv('http://127.0.0.1:1/')`,
    ]
    await bed.duckDb.withSandbox(signal, folder, async (connection) => {
      for (const statement of statements) {
        await assert.rejects(connection.run(statement), statement)
      }
      await connection.run(`COPY (SELECT 1 AS a) TO '${join(folder, 'inside.parquet')}'`)
      await connection.run(`FROM read_parquet('${join(folder, 'inside.parquet')}')`)
    })
    await bed.duckDb.withoutFiles(signal, async (connection) => {
      const inside = `FROM read_parquet('${join(folder, 'inside.parquet')}')`
      for (const statement of [...statements, inside]) {
        await assert.rejects(connection.run(statement), statement)
      }
    })
  })

  test('takes turns, and a wait for one can be given up', async () => {
    const { signal } = new AbortController()
    const doors = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const inside: string[] = []
    const hold = (name: string, door?: Promise<void>, given = signal) =>
      bed.duckDb.withSandbox(given, bed.folder, async () => {
        inside.push(name)
        await door
      })
    const first = hold('first', doors[0]?.promise)
    const second = hold('second', doors[1]?.promise)
    const impatient = new AbortController()
    const third = hold('third', undefined, impatient.signal)
    const fourth = hold('fourth')
    impatient.abort(new Error('given up'))
    await assert.rejects(third, /given up/)
    doors[0]?.resolve()
    await first
    await fourth
    doors[1]?.resolve()
    await second
    assert.deepEqual(inside.toSorted(), ['first', 'fourth', 'second'])
    await hold('fifth')
  })
})
