import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ColumnDefinition } from '../../activities/pipeline-definition.ts'
import { parseColumnType } from '../../src/pipeline/column-type.ts'
import { columnTypeSql } from '../../src/targets/postgres/column-type-sql.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { takesAll, widensTo } from '../../src/targets/postgres/type-lattice.ts'
import { column } from './support/column.ts'
import { sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

/** The least and the greatest values of each type, and those that are easily made others. */
const values: Readonly<Record<string, readonly string[]>> = {
  smallint: ['-32768', '0', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
  ...Object.fromEntries(
    [
      [1, 0],
      [2, 2],
      [5, 0],
      [9, 0],
      [10, 0],
      [10, 2],
      [12, 2],
      [12, 7],
      [19, 0],
      [21, 2],
      [38, 0],
      [38, 38],
    ].map(([precision = 0, scale = 0]) => {
      const digits = '9'.repeat(precision)
      const most = `${digits.slice(0, precision - scale) || '0'}.${digits.slice(precision - scale) || '0'}`
      const least = scale === 0 ? '1' : `0.${'1'.padStart(scale, '0')}`
      return [`numeric(${precision},${scale})`, [most, `-${most}`, least, '0', 'NaN']] as const
    }),
  ),
  real: ['3.4028235e38', '1e-45', '0.1', '-0', 'NaN', '-Infinity'],
  'double precision': ['1.7976931348623157e308', '5e-324', '0.1', '-0', 'NaN', 'Infinity'],
  boolean: ['true', 'false'],
  'character(4)': ['a b', ''],
  'character varying(4)': [' a b', 'é\n', ''],
  'character varying': [' '],
  text: ['', 'NULL'],
  date: ['2026-11-23', '4713-01-01 BC', '294276-12-31', 'infinity'],
  'time(3) without time zone': ['24:00:00', '23:59:59.999'],
  'time without time zone': ['00:00:00.000001'],
  'timestamp(0) without time zone': ['2026-11-23 12:34:56', '4713-01-01 BC', '-infinity'],
  'timestamp without time zone': ['294276-12-31 23:59:59.999999', '0044-03-15 12:00:00 BC'],
  'timestamp(2) with time zone': ['2026-03-29 01:59:59.99+01'],
  'timestamp with time zone': ['294276-12-31 23:59:59.999999+00', '2026-11-23 12:00:00.5+05:45'],
  uuid: ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
  json: [' {"a" : 1.00, "a":null}'],
  jsonb: ['{"b": 1.00, "a": "é"}'],
}

describe('the lattice of types in PostgreSQL', { timeout: 300_000 }, () => {
  let database: TestDatabase

  before(async () => {
    database = await createTestDatabase()
    await database.query(`
      CREATE FUNCTION survives(value text, narrow text, wide text, compared boolean) RETURNS boolean
      LANGUAGE plpgsql SET TimeZone = 'UTC' AS $$
      DECLARE same boolean;
      BEGIN
        EXECUTE format('SELECT ($1::%1$s)::text = ($1::%1$s::%2$s::%1$s)::text', narrow, wide)
          INTO same USING value;
        IF same AND compared THEN
          EXECUTE format('SELECT $1::%1$s = $1::%1$s::%2$s', narrow, wide) INTO same USING value;
        END IF;
        RETURN same;
      EXCEPTION WHEN data_exception OR undefined_function OR feature_not_supported THEN RETURN false;
      END $$`)
  })
  after(() => database.drop())

  /** Pairs of which a value does not stay what it is, or is not equal to itself. */
  async function broken(
    pairs: readonly (readonly [narrow: string, wide: string])[],
    compared: boolean,
  ): Promise<string[]> {
    const asked = pairs.flatMap(([narrow, wide]) =>
      (values[narrow] ?? []).map((value) => [value, narrow, wide] as const),
    )
    const rows = await database.query<{ pair: string }>(
      `SELECT DISTINCT narrow || ' in ' || wide AS pair
         FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (value, narrow, wide)
        WHERE NOT survives(value, narrow, wide, $4)`,
      [asked.map(([v]) => v), asked.map(([, n]) => n), asked.map(([, , w]) => w), compared],
    )
    return rows.map(({ pair }) => pair)
  }
  const types = Object.keys(values)
  const pairs = types.flatMap((narrow) =>
    types.filter((wide) => wide !== narrow).map((wide) => [narrow, wide] as const),
  )

  it('keeps every value of a narrower type as it is', async () => {
    assert.deepEqual(
      await broken(
        pairs.filter(([narrow, wide]) => widensTo(narrow, wide)),
        false,
      ),
      [],
    )
  })

  it('compares every value with itself in a wider type, and with none of a number type left out', async () => {
    const fitting = pairs.filter(([narrow, wide]) => takesAll(wide, narrow))
    assert.deepEqual(await broken(fitting, true), [])
    const isNumber = (type: string) => /^(smallint|integer|bigint|numeric)/.test(type)
    const others = pairs.filter(
      ([narrow, wide]) => isNumber(narrow) && isNumber(wide) && !takesAll(wide, narrow),
    )
    assert.equal((await broken(others, true)).length, others.length)
  })

  it('is what a table is altered along, whatever the database writes values as by itself', async () => {
    await database.query(`DO $$ BEGIN
      EXECUTE format('ALTER DATABASE %I SET DateStyle = ''SQL, DMY''', current_database());
      EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Kathmandu''', current_database());
      EXECUTE format('ALTER DATABASE %I SET extra_float_digits = -10', current_database()); END $$`)
    const target = createPostgresTarget({ url: database.url })
    const declared = [
      ...types.flatMap((type) => wideType(type) ?? []),
      ...arraysOf('text', 'bigint'),
    ]
    for (const [index, { sql, type }] of declared.entries()) {
      const narrow = [...types, ...types.map((each) => `${each}[]`)].filter(
        (each) => widensTo(each, sql) && !takesAll(each, sql),
      )
      if (narrow.length === 0) continue
      const table = `altered_${index}`
      const rows = narrow.map((each, number) => ({ type: each, name: `c${number}` }))
      await createFilled(table, rows)
      const columns: ColumnDefinition[] = [
        column('id', 'bigint', 'key'),
        ...rows.map(({ name }) => column(name, type)),
      ]
      await sampleLoad(table, [], columns, { request: { evolve: true } }).run(target)
      await assertKept(table, rows, sql)
    }
    await target.close()
  })

  /** The row's values, each beside a copy that is not declared. */
  async function createFilled(table: string, columns: readonly { name: string; type: string }[]) {
    const list = columns.map(({ name, type }) => `${name} ${type}, o${name} ${type}`)
    await database.query(`CREATE TABLE ${table} (id bigint PRIMARY KEY, ${list.join(', ')})`)
    for (const [id] of Array.from({ length: 6 }).entries()) {
      const literals = columns.flatMap(({ type }) => {
        const all = values[type.replace('[]', '')] ?? []
        const value = all[id % all.length] ?? null
        const literal = type.endsWith('[]') ? [value, null] : value
        return [literal, literal]
      })
      const places = literals.map((_, index) => `$${index + 2}`)
      await database.query(`INSERT INTO ${table} VALUES ($1, ${places.join(', ')})`, [
        id,
        ...literals,
      ])
    }
  }

  async function assertKept(
    table: string,
    columns: readonly { name: string; type: string }[],
    sql: string,
  ): Promise<void> {
    await database.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1`)
    const back = columns.map(({ name, type }) => {
      const now = sql.startsWith('text') ? name : `${name}::${type}::text`
      const then = sql.startsWith('text') ? `o${name}::${sql}` : `o${name}::text`
      return `bool_and(${now} IS NOT DISTINCT FROM ${then}) AS "${type} to ${sql}"`
    })
    const [kept] = await database.query(
      `SELECT count(*)::int AS rows, ${back.join(', ')} FROM ${table}`,
    )
    const expected = columns.map(({ type }) => [`${type} to ${sql}`, true] as const)
    assert.deepEqual(kept, { rows: 6, ...Object.fromEntries(expected) })
    const altered = await database.query<{ type: string }>(
      `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute
        WHERE attrelid = $1::regclass AND attname = ANY ($2)`,
      [table, columns.map(({ name }) => name)],
    )
    assert.deepEqual([...new Set(altered.map(({ type }) => type))], [sql])
  }
})

/** The type as a pipeline file may declare it, if it may. */
function wideType(sql: string) {
  const name = sql
    .replace('double precision', 'double')
    .replace(' without time zone', '')
    .replace('timestamp with time zone', 'timestamptz')
  const parsed = parseColumnType(name)
  return 'value' in parsed && columnTypeSql(parsed.value) === sql
    ? [{ sql, type: parsed.value }]
    : undefined
}

function arraysOf(...kinds: readonly ('text' | 'bigint')[]) {
  return kinds.map((kind) => ({
    sql: `${kind}[]`,
    type: { kind: 'array', element: { kind } } as const,
  }))
}
