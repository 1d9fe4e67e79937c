import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PostgresTargetDefinition } from '../../activities/pipeline-definition.ts'
import type { RunReference } from '../../activities/run-reference.ts'
import { column } from './support/column.ts'
import { useVerifyBed } from './support/use-verify-bed.ts'

const columns = [
  column('id', 'bigint', 'key'),
  column('name', 'text'),
  column('version', 'integer'),
  column('at', 'timestamp'),
]

const keyless = columns.map((each) => ({ ...each, key: false }))

/** Rows of id, name and version, as SQL. */
function rows(...all: readonly (readonly [number, string | null, number | null])[]): string {
  return all
    .map(([id, name, version]) => {
      const text = name === null ? 'NULL' : `'${name}'`
      return `(${id}::BIGINT, ${text}, ${version}::INTEGER, TIMESTAMP '2026-11-23 10:00:00')`
    })
    .join(', ')
}

const three = rows([1, 'a', 1], [2, 'b', 2], [3, null, null])

describe('verifying a load of each mode', { timeout: 300_000 }, () => {
  const bed = useVerifyBed()
  const { found } = bed

  const load = (
    table: string,
    target: Partial<PostgresTargetDefinition>,
    values = three,
    day = '2026-11-23',
    columnsOf = columns,
  ): Promise<RunReference> =>
    bed.load({ table, target, parts: values === '' ? [] : [values], day, columns: columnsOf })

  const same = (equal: number, laterLoads = 0) => ({
    verdict: 'equal',
    keys: 'equal',
    laterLoads,
    equal,
  })
  const differs = (counts: Readonly<Record<string, number>>, laterLoads = 0) => ({
    verdict: 'differs',
    keys: 'equal',
    laterLoads,
    ...counts,
  })

  it('`append`: other rows are no concern', async () => {
    const run = await load('appended', { mode: 'append' })
    await load('appended', { mode: 'append' }, rows([4, 'd', 4]), '2026-11-24')
    assert.deepEqual(await found(run), same(3, 1))
    await bed.database.query('DELETE FROM appended WHERE id = 1')
    assert.deepEqual(await found(run), differs({ equal: 2, missing: 1 }, 1))
  })

  it('without a key: each row as often as it came', async () => {
    const twice = `${three}, ${rows([1, 'a', 1])}`
    for (const mode of ['append', 'replace', 'replace-interval'] as const) {
      const table = `keyless_${mode.replace('-', '_')}`
      const run = await load(table, { mode, intervalColumn: 'at' }, twice, '2026-11-23', keyless)
      const unknown = { keys: 'unknown', laterLoads: 0 }
      assert.deepEqual(await found(run), { verdict: 'equal', ...unknown, equal: 4 })
      await bed.database.query(
        `DELETE FROM ${table} WHERE ctid = (SELECT max(ctid) FROM ${table} WHERE id = 1);
         INSERT INTO ${table} SELECT * FROM ${table} WHERE id = 3;
         UPDATE ${table} SET id = 9 WHERE id = 2`,
      )
      const counts = { equal: 2, missing: 2, ...(mode === 'append' ? {} : { extra: 2 }) }
      assert.deepEqual(
        [mode, await found(run)],
        [mode, { verdict: 'differs', ...unknown, ...counts }],
      )
    }
  })

  it('`replace`: rows that are not of the dataset do not belong', async () => {
    const run = await load('replaced', { mode: 'replace', orderBy: 'version' })
    assert.deepEqual(await found(run), same(3))
    await bed.database.query(
      `INSERT INTO replaced VALUES (9, 'z', 9); UPDATE replaced SET version = 9 WHERE id = 1`,
    )
    assert.deepEqual(await found(run), differs({ equal: 2, differing: 1, extra: 1 }))
  })

  it('`replace-interval`: rows that are not of the dataset do not belong into its slice', async () => {
    const target = { mode: 'replace-interval', intervalColumn: 'at' } as const
    const run = await load('sliced', target)
    await bed.database.query(
      `INSERT INTO sliced VALUES (8, 'y', 8, '2026-11-24 00:00'), (7, 'x', 7, '2026-11-22 23:59:59.999999')`,
    )
    assert.deepEqual(await found(run), same(3))
    await bed.database.query(
      `INSERT INTO sliced VALUES (6, 'x', 6, '2026-11-23 00:00'), (5, 'w', 5, '2026-11-23 23:59:59.999999')`,
    )
    assert.deepEqual(await found(run), differs({ equal: 3, extra: 2 }))
  })

  it('`merge`: rows of the table that are not of the dataset do not belong after a full snapshot', async () => {
    for (const onMissing of ['keep', 'delete', 'mark'] as const) {
      const table = `missing_${onMissing}`
      await load(table, { onMissing }, rows([1, 'z', 1], [7, 'g', 7]))
      const run = await load(table, { onMissing })
      assert.deepEqual([onMissing, await found(run)], [onMissing, same(3)])
      const marked = onMissing === 'mark' ? ', NULL' : ''
      await bed.database.query(`INSERT INTO ${table} VALUES (9, 'z', 9, now()${marked})`)
      assert.deepEqual(
        [onMissing, await found(run)],
        [onMissing, onMissing === 'keep' ? same(3) : differs({ equal: 3, extra: 1 })],
      )
    }
    await bed.database.query('UPDATE missing_mark SET _deleted_at = now()')
    const [again] = await bed.database.query<{ id: RunReference['datasetId'] }>(
      `SELECT dataset_id AS id FROM claimcheck.loads WHERE target = 'public.missing_mark' ORDER BY published_at DESC LIMIT 1`,
    )
    assert.ok(again !== undefined)
    const reference = {
      pipeline: 'stored',
      partition: '2026-11-23',
      landing: { fetchKey: '', sequence: 1 },
    }
    assert.deepEqual(await found({ ...reference, datasetId: again.id }), differs({ missing: 3 }))
  })

  it('with `order_by` a newer row in its place is as it should be', async () => {
    const orderBy = 'version'
    const run = await load(
      'ordered',
      { orderBy },
      `${three}, ${rows([2, 'lower', 1], [3, 'greater', 0])}`,
    )
    assert.deepEqual(await found(run), same(3))
    await bed.database.query(
      `UPDATE ordered SET version = 9 WHERE id = 1; UPDATE ordered SET version = 1 WHERE id = 2;
       UPDATE ordered SET version = NULL WHERE id = 3`,
    )
    assert.deepEqual(await found(run), differs({ newer: 1, differing: 2 }))
  })

  it('`history`: the versions that are valid at the end of the slice count', async () => {
    const target = { mode: 'history', onMissing: 'delete' } as const
    const first = await load('versions', target)
    const second = await load(
      'versions',
      target,
      rows([1, 'a', 1], [2, 'c', 3], [4, 'd', 4]),
      '2026-11-24',
    )
    assert.deepEqual(await found(first), same(3, 1))
    assert.deepEqual(await found(second), same(3))
    await bed.database.query(`UPDATE versions SET valid_to = '2026-11-25T00:00:00Z' WHERE id = 4`)
    assert.deepEqual(await found(second), differs({ equal: 2, missing: 1 }))
    await bed.database.query(`UPDATE versions SET valid_to = NULL WHERE id = 3`)
    assert.deepEqual(await found(first), same(3, 1))
    assert.deepEqual(await found(second), differs({ equal: 2, missing: 1, extra: 1 }))
  })

  it('of a dataset without rows', async () => {
    const run = await load('emptied', { mode: 'replace', allowEmpty: true }, '')
    assert.deepEqual(await found(run), { verdict: 'equal', keys: 'equal', laterLoads: 0 })
    await bed.database.query(`INSERT INTO emptied VALUES (1, 'x', 1)`)
    assert.deepEqual(await found(run), differs({ extra: 1 }))
  })
})
