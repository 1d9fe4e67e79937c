import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import type { ColumnDefinition, ColumnType } from '../../activities/pipeline-definition.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { column } from './support/column.ts'
import type { Row, Value } from './support/part-chunk-of.ts'
import { sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

/** Two keys of each type, and their digest: the same on every server, whatever its settings. */
const digests: readonly (readonly [ColumnType, readonly [Value, Value], string])[] = [
  [{ kind: 'smallint' }, [-1, 2], '186abcdf5a9ce640'],
  [{ kind: 'integer' }, [-1, 2], '186abcdf5a9ce640'],
  [{ kind: 'bigint' }, [-1n, 2n], '186abcdf5a9ce640'],
  [{ kind: 'boolean' }, [true, false], '06b78f837e31d7f5'],
  [{ kind: 'text' }, ['', 'Ærø \t"x"'], '2a379ccf57fd8420'],
  [
    { kind: 'numeric', precision: 38, scale: 2 },
    ['0.10', '-123456789012345678901234567890.50'],
    'c2f0e54a8e1bd944',
  ],
  [{ kind: 'double' }, [0.1, -1e300], '7831d13f3cf69e99'],
  [{ kind: 'date' }, [-800_000, 20_000], '76b712a298a4dc54'],
  [{ kind: 'time' }, [0n, 86_399_999_999n], '9449ffbcf2071cdf'],
  [{ kind: 'timestamp' }, [-1n, 1_700_000_000_123_456n], 'e7cb6dbf08e81d86'],
  [{ kind: 'timestamptz' }, [-1n, 1_700_000_000_123_456n], 'e7cb6dbf08e81d86'],
  [
    { kind: 'uuid' },
    ['0b0e7e0a-0000-4000-8000-000000000001', '0b0e7e0a-0000-4000-8000-000000000002'],
    'dba88081b1a9722b',
  ],
  [{ kind: 'bytea' }, [Uint8Array.of(0, 255), Uint8Array.of(92)], '61b20064f16874d0'],
]

describe('the digest of a load’s keys', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    const [{ name } = { name: '' }] = await database.query<{ name: string }>(
      'SELECT current_database() AS name',
    )
    // Of all that could change how a value is written.
    for (const setting of [
      `DateStyle TO 'SQL, DMY'`,
      `TimeZone TO 'Asia/Kathmandu'`,
      `bytea_output TO 'escape'`,
      'extra_float_digits TO -10',
    ]) {
      await database.query(`ALTER DATABASE ${name} SET ${setting}`)
    }
    target = createPostgresTarget({ url: database.url })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  async function digestOf(
    table: string,
    columns: readonly ColumnDefinition[],
    ...parts: readonly (readonly Row[])[]
  ): Promise<{ count: string | null; digest: string | null } | undefined> {
    const load = sampleLoad(table, parts, columns)
    await load.run(target)
    const [row] = await database.query<{ count: string | null; digest: string | null }>(
      'SELECT key_count AS count, key_digest AS digest FROM claimcheck.loads WHERE dataset_id = $1',
      [load.datasetId],
    )
    return row
  }

  it('is the known one for keys of every type', async () => {
    for (const [type, keys, digest] of digests) {
      const columns = [column('key', type, 'key'), column('other', 'integer')]
      const rows = keys.map((key, index) => [key, index])
      assert.deepEqual(
        [type.kind, await digestOf(`typed_${type.kind}`, columns, rows)],
        [type.kind, { count: '2', digest }],
      )
    }
  })

  const pair = [column('a', 'text', 'key'), column('b', 'text', 'key'), column('c', 'integer')]

  it('depends on the keys, and on nothing else', async () => {
    const rows: Row[] = [
      ['x', 'y', 1],
      ['y', 'z', 2],
      ['z', 'x', 3],
    ]
    const one = await digestOf('pairs', pair, rows)
    assert.equal(one?.count, '3')
    const shuffled = rows.toReversed().map(([a = '', b = '']): Row => [a, b, 9])
    assert.deepEqual(await digestOf('pairs', pair, shuffled.slice(0, 1), shuffled.slice(1)), one)
    // Duplicates are taken out before.
    assert.deepEqual(await digestOf('pairs', pair, rows, shuffled), one)
    await database.query(
      'CREATE TABLE other_order (c integer, b text, extra date, a text, PRIMARY KEY (b, a))',
    )
    assert.deepEqual(await digestOf('other_order', pair, rows), one)
  })

  it('tells keys apart that only lie differently in their columns', async () => {
    const digest = async (...keys: [string, string][]) =>
      (
        await digestOf(
          'apart',
          pair,
          keys.map(([a, b]) => [a, b, 0]),
        )
      )?.digest
    const all = [
      await digest(['ab', 'c']),
      await digest(['a', 'bc']),
      await digest(['c', 'ab']),
      await digest(['abc', '']),
      await digest(['', 'abc']),
      await digest(['a', 'b'], ['c', 'd']),
      await digest(['a', 'd'], ['c', 'b']),
    ]
    assert.equal(new Set(all).size, all.length)
  })

  it('counts no keys where there are no rows', async () => {
    assert.deepEqual(await digestOf('without_rows', pair), {
      count: '0',
      digest: '0000000000000000',
    })
  })
})
