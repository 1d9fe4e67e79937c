import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { partKey } from '../../activities/bucket-layout.ts'
import type { RunReference } from '../../activities/run-reference.ts'
import type { ObjectKey } from '../../codec/index.ts'
import { newVerifyId } from '../../src/targets/postgres/verify-id.ts'
import { noClaimcheckSession } from './support/claimcheck-sessions.ts'
import { column } from './support/column.ts'
import { newDatasetId } from './support/sample-load.ts'
import type { StoredLoadOptions } from './support/stored-load.ts'
import { useVerifyBed } from './support/use-verify-bed.ts'

const columns = [
  column('id', 'bigint', 'key'),
  column('name', 'text'),
  column('amount', { kind: 'numeric', precision: 10, scale: 2 }),
  column('at', 'timestamptz'),
  column('extra', 'jsonb'),
]

const nothing = { equal: 0, missing: 0, differing: 0, extra: 0, newer: 0, overwritten: 0 }

/** Rows with ids from `first` on, as SQL. */
function rows(first: number, count: number, name = 'x', day = '2026-11-23'): string {
  return Array.from(
    { length: count },
    (_, index) =>
      `(${first + index}::BIGINT, '${name}', 1.50::DECIMAL(10,2), TIMESTAMPTZ '${day} 10:00:00Z', '{"a":1.0}')`,
  ).join(', ')
}

describe('verifying a load', { timeout: 300_000 }, () => {
  const bed = useVerifyBed()
  const { store, verify, found, staged } = bed

  const load = (table: string, options: Partial<StoredLoadOptions> = {}): Promise<RunReference> =>
    bed.load({ table, columns, parts: [rows(1, 6)], ...options })

  it('finds a table that has the dataset, duplicates taken out, and leaves nothing behind', async () => {
    const run = await load('same', {
      parts: [rows(1, 6), `${rows(4, 2, 'later')}, ${rows(5, 3, 'last')}`],
    })
    assert.deepEqual(await verify(run), {
      verdict: 'equal',
      parts: 2,
      damage: [],
      keys: 'equal',
      comparison: { rows: { ...nothing, equal: 7 }, examples: [], laterLoads: 0 },
    })
    assert.deepEqual(await staged(), [])
  })

  it('finds rows that are missing and that differ, however little, and says which', async () => {
    const run = await load('differing')
    await bed.database.query(
      `DELETE FROM differing WHERE id = 1;
       UPDATE differing SET name = NULL WHERE id = 2;
       UPDATE differing SET extra = '{"a":1.00}' WHERE id = 3;
       UPDATE differing SET at = at + interval '1 microsecond' WHERE id = 4;
       INSERT INTO differing (id) VALUES (99)`,
    )
    const { verdict, comparison } = await verify(run)
    assert.deepEqual(verdict, 'differs')
    assert.deepEqual(comparison, {
      rows: { ...nothing, equal: 2, missing: 1, differing: 3 },
      examples: [
        { kind: 'differing', key: { id: '2' } },
        { kind: 'differing', key: { id: '3' } },
        { kind: 'differing', key: { id: '4' } },
        { kind: 'missing', key: { id: '1' } },
      ],
      laterLoads: 0,
    })
    assert.deepEqual(await staged(), [])
  })

  it('gives ten examples of a kind at most', async () => {
    const run = await load('many', { parts: [rows(1, 30)] })
    await bed.database.query('DELETE FROM many WHERE id <= 15; UPDATE many SET name = $$y$$')
    const { comparison } = await verify(run)
    assert.deepEqual(comparison?.rows, { ...nothing, missing: 15, differing: 15 })
    assert.equal(comparison.examples.length, 20)
  })

  it('reads a table whose columns are wider than declared', async () => {
    await bed.database.query(
      `CREATE DOMAIN label AS text;
       CREATE TABLE wider (at timestamptz, id numeric PRIMARY KEY, extra jsonb, amount numeric(20,4), name label)`,
    )
    const run = await load('wider')
    assert.deepEqual(await found(run), { verdict: 'equal', keys: 'equal', laterLoads: 0, equal: 6 })
    // As a later load may have widened them.
    await bed.database.query(
      `SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD';
       ALTER TABLE wider ALTER at TYPE text, ALTER amount TYPE numeric(30,6), ALTER extra TYPE text`,
    )
    assert.deepEqual(await found(run), { verdict: 'equal', keys: 'equal', laterLoads: 0, equal: 6 })
    await bed.database.query('UPDATE wider SET amount = 1.5001 WHERE id = 3')
    assert.deepEqual(await found(run), {
      verdict: 'differs',
      keys: 'equal',
      laterLoads: 0,
      equal: 5,
      differing: 1,
    })
  })

  it('takes keys for one that the table takes for one', async () => {
    await bed.database.query(
      `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
       CREATE TABLE folded (code text COLLATE nocase, id bigint, value text, PRIMARY KEY (code, id))`,
    )
    const run = await load('folded', {
      columns: [
        column('code', 'text', 'key'),
        column('id', 'bigint', 'key'),
        column('value', 'text'),
      ],
      parts: [`('a', 1::BIGINT, 'first'), ('A', 1, 'last'), ('b', 1, 'x')`],
    })
    assert.deepEqual(await found(run), { verdict: 'equal', keys: 'equal', laterLoads: 0, equal: 2 })
    await bed.database.query(`DELETE FROM folded WHERE code = 'B'`)
    assert.deepEqual((await verify(run)).comparison?.examples, [
      { kind: 'missing', key: { code: 'b', id: '1' } },
    ])
  })

  it('says how many loads came later, and with lineage what they wrote over', async () => {
    for (const lineage of [false, true]) {
      const options = { target: { lineage } }
      const table = `later_${lineage}`
      const first = await load(table, options)
      await load(table, { ...options, parts: [rows(1, 2, 'y')] })
      await load(table, { ...options, parts: [rows(2, 2, 'z')] })
      await bed.database.query(`UPDATE ${table} SET name = 'by hand' WHERE id = 6`)
      const told = { verdict: 'differs', keys: 'equal', laterLoads: 2, equal: 2 }
      assert.deepEqual(
        await found(first),
        lineage ? { ...told, overwritten: 3, differing: 1 } : { ...told, differing: 4 },
      )
    }
  })

  it('finds keys that are not those of the load', async () => {
    const run = await load('keys')
    await bed.database.query(`UPDATE claimcheck.loads SET key_digest = '0' WHERE dataset_id = $1`, [
      run.datasetId,
    ])
    assert.deepEqual(await found(run), {
      verdict: 'differs',
      keys: 'differ',
      laterLoads: 0,
      equal: 6,
    })
    await bed.database.query(
      `UPDATE claimcheck.loads SET key_digest = NULL WHERE dataset_id = $1`,
      [run.datasetId],
    )
    assert.deepEqual(await found(run), {
      verdict: 'equal',
      keys: 'unknown',
      laterLoads: 0,
      equal: 6,
    })
  })

  it('finds parts that are missing or changed, names each, and compares nothing', async () => {
    const run = await load('damaged', { parts: [rows(1, 2), rows(3, 2), rows(5, 2), rows(7, 2)] })
    const key = (part: number): ObjectKey => partKey(run, part)
    const change = async (part: number, edit: (bytes: Buffer) => Buffer, rowCount = 2) => {
      const head = await store.head(key(part))
      const metadata = { ...head?.metadata, rows: String(rowCount) }
      const bytes = edit(Buffer.from(await store.get(key(part))))
      await store.put(key(part), bytes, { contentType: 'x', metadata })
    }
    await change(0, (bytes) => bytes, 3)
    await store.delete([key(1)])
    await change(2, (bytes) => Buffer.concat([bytes, Buffer.of(0)]))
    await change(3, (bytes) => {
      bytes[10] = (bytes[10] ?? 0) ^ 1
      return bytes
    })
    const { verdict, damage, comparison } = await verify(run)
    assert.equal(verdict, 'damaged')
    assert.equal(comparison, undefined)
    const problems = damage.map(({ key: at, problem }) => [at, problem.replaceAll(/\d+/g, 'n')])
    assert.deepEqual(problems, [
      [key(0), 'says n rows instead of n'],
      [key(1), 'is not in the store'],
      [key(2), 'has n bytes instead of n'],
      [key(3), 'has another SHA-n'],
    ])
    assert.deepEqual(await staged(), [])
  })

  it('finds that the manifest or the definition is not in the store', async () => {
    for (const name of ['definition.json', 'manifest.json']) {
      const run = await load('unsealed')
      const key = partKey(run, 0).replace(/part-.*/, name) as ObjectKey
      await store.delete([key])
      const { verdict, damage } = await verify(run)
      assert.deepEqual(
        { verdict, damage },
        { verdict: 'damaged', damage: [{ key, problem: 'is not in the store' }] },
      )
    }
  })

  it('names the table or column that is gone', async () => {
    const run = await load('gone')
    await bed.database.query('ALTER TABLE gone DROP COLUMN name')
    await assert.rejects(verify(run), {
      code: 'TARGET_MISMATCH',
      message: /Column "name" is not there/,
    })
    await bed.database.query('DROP TABLE gone')
    await assert.rejects(verify(run), {
      code: 'TARGET_MISMATCH',
      message: /The table is not there/,
    })
    assert.deepEqual(await staged(), [])
  })

  it('removes what it has staged when it is interrupted', async () => {
    const run = await load('interrupted', { parts: [rows(1, 2), rows(3, 2)] })
    for (const at of [1, 2, 3]) {
      const controller = new AbortController()
      let heard = 0
      const onPart = () => {
        heard += 1
        if (heard === at) controller.abort()
      }
      await assert.rejects(verify(run, { signal: controller.signal, onPart }), {
        name: 'AbortError',
      })
      assert.deepEqual(await staged(), [])
    }
    await noClaimcheckSession(bed.database)
  })

  it('removes what one that was killed has left, a day later, and nothing else', async () => {
    const run = await load('killed')
    const dayMs = 24 * 60 * 60 * 1000
    const left = {
      old: newVerifyId(Date.now() - dayMs - 1000),
      recent: newVerifyId(Date.now() - dayMs + 60_000),
      ofRun: newDatasetId(),
    }
    for (const id of Object.values(left)) {
      await bed.database.query(
        `CREATE TABLE claimcheck_staging.d_${id.replaceAll('-', '')} ();
         INSERT INTO claimcheck.staged_parts VALUES ('${id}', 0, 0)`,
      )
    }
    await verify(run)
    const parts = await bed.database.query<{ id: string }>(
      'SELECT dataset_id::text AS id FROM claimcheck.staged_parts',
    )
    assert.deepEqual(new Set(parts.map(({ id }) => id)), new Set([left.recent, left.ofRun]))
    assert.equal((await staged()).length, 4)
  })
})
