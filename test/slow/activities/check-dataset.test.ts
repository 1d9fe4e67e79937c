import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { partKey } from '../../../activities/bucket-layout.ts'
import { checkDataset } from '../../../activities/check-dataset.ts'
import { DuckDb } from '../../../activities/conversion/duck-db.ts'
import type { CheckDefinition } from '../../../activities/pipeline-definition.ts'
import { prepareChecks } from '../../../activities/quality/prepare-checks.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf } from '../../unit/activities/convert-bodies.ts'
import { attempt, run, storedDataset } from '../../unit/activities/stored-dataset.ts'

const columns = columnsOf({
  id: 'bigint',
  t: 'text',
  price: { kind: 'numeric', precision: 10, scale: 2 },
  day: 'date',
  seen: 'timestamptz',
  d: 'double',
  j: 'jsonb',
  l: { kind: 'array', element: { kind: 'integer' } },
})

const good = `SELECT * FROM (VALUES
  (1::BIGINT, 'one', 1.50::DECIMAL(10, 2), DATE '2001-01-01', TIMESTAMPTZ '2001-01-01 00:00:00Z', 1::DOUBLE, '{}', [1]),
  (2, 'two', 99.99, DATE '2001-01-02', NULL, 'NaN'::DOUBLE, NULL, NULL),
  (3, NULL, NULL, NULL, NULL, -0.0, NULL, NULL),
  (3, NULL, NULL, NULL, NULL, 0.0, NULL, NULL)) v(id, t, price, day, seen, d, j, l)`

describe('the checks of a dataset', () => {
  const bed = useDuckDb()

  async function check(checks: readonly CheckDefinition[], rows = good): Promise<void> {
    const { ports, putPart } = await storedDataset(bed, columns, { checks })
    await putPart(partKey(run, 0), `${rows} LIMIT 2`)
    await putPart(partKey(run, 1), `${rows} OFFSET 2`)
    await checkDataset(ports, { run }, attempt)
  }

  const fails = (checks: readonly CheckDefinition[], message: RegExp) =>
    assert.rejects(check(checks), { code: 'DATASET_CHECK_FAILED', retryable: false, message })

  test('pass where all is as it has to be', async () => {
    await check([
      { kind: 'not_null', columns: ['id'] },
      // Two NULLs are not the same.
      { kind: 'unique', columns: ['t'] },
      { kind: 'unique', columns: ['id', 't'] },
      { kind: 'range', column: 'id', min: '1', max: '3' },
      { kind: 'range', column: 'price', min: '1.5', max: '9.999e1' },
      { kind: 'range', column: 'day', min: '2001-01-01' },
      { kind: 'range', column: 'seen', max: '2001-01-01T01:00:00+01:00' },
      { kind: 'range', column: 'd', max: 'NaN' },
      { kind: 'range', column: 't', min: 'one', max: 'two' },
      { kind: 'row_count', min: 4, max: 4 },
      {
        kind: 'sql',
        name: 'no negative price',
        sql: 'select * from dataset where price < 0; -- x',
      },
    ])
    await check([])
  })

  test('fail together, each by name with how many rows break it', async () => {
    await fails(
      [
        { kind: 'not_null', columns: ['t', 'id'] },
        { kind: 'unique', columns: ['id'] },
        { kind: 'unique', columns: ['d'] },
        { kind: 'not_null', columns: ['id'] },
        { kind: 'range', column: 'price', min: '2', max: '99.98' },
        { kind: 'range', column: 'd', max: 'Infinity' },
        { kind: 'row_count', min: 5 },
        { kind: 'row_count', max: 3 },
        { kind: 'sql', name: 'nothing is two', sql: `from dataset where t = 'two'` },
      ],
      new RegExp(
        [
          '^8 checks fail: not_null t, id: 2 rows',
          'unique id: 2 rows',
          'unique d: 2 rows',
          'range of price: 2 rows',
          'range of d: 1 rows',
          'row_count: 4 rows, and at least 5 are expected',
          'row_count: 4 rows, and at most 3 are expected',
          'nothing is two: 1 rows$',
        ].join('; '),
      ),
    )
    await fails([{ kind: 'not_null', columns: ['t'] }], /^a check fails: not_null t: 2 rows$/)
  })

  test('say nothing of the data where their SQL fails', async () => {
    await fails(
      [{ kind: 'sql', name: 'numbers', sql: 'from dataset where t::integer > 1' }],
      /^the check numbers fails on a value \(Conversion Error: column t\)$/,
    )
  })

  test('hold for a dataset without parts, as far as they can', async () => {
    const none = await storedDataset(bed, columns, {
      checks: [
        { kind: 'unique', columns: ['id'] },
        { kind: 'row_count', min: 1 },
      ],
    })
    await assert.rejects(checkDataset(none.ports, { run }, attempt), {
      message: /^a check fails: row_count: 0 rows, and at least 1/,
    })
  })

  test('are of what a transform makes', async () => {
    const { ports, putPart } = await storedDataset(bed, columns, {
      transform: { sql: 'select id, len(l) as many from input', scope: 'batch' },
      checks: [{ kind: 'not_null', columns: ['many'] }],
    })
    await putPart(partKey(run, 0), 'SELECT 1::BIGINT id, NULL::BIGINT many')
    await assert.rejects(checkDataset(ports, { run }, attempt), /not_null many: 1 rows/)
  })

  test('find twins among more rows than fit in memory', async (t) => {
    const { ports, putPart } = await storedDataset(bed, columnsOf({ id: 'bigint', t: 'text' }), {
      checks: [{ kind: 'unique', columns: ['t'] }],
    })
    const spillDirectory = join(bed.folder, 'small-spill')
    const duckDb = await DuckDb.open({ spillDirectory, memoryLimit: '100MiB' })
    t.after(() => duckDb.close())
    for (let part = 0; part < 4; part += 1) {
      // The last of a part is the first of the next one.
      const row = `i + ${part * 9999}`
      await putPart(
        partKey(run, part),
        `SELECT ${row} AS id, md5((${row})::VARCHAR) || repeat('x', 4000) AS t FROM range(10000) r(i)`,
      )
    }
    await assert.rejects(
      checkDataset({ ...ports, duckDb }, { run }, attempt),
      /: unique t: 6 rows$/,
    )
  })

  test('that cannot be made are refused before anything is fetched', async () => {
    const cases: readonly [CheckDefinition, RegExp][] = [
      [{ kind: 'not_null', columns: ['id', 'nope'] }, /not_null id, nope: there is no column nope/],
      [{ kind: 'unique', columns: ['ID'] }, /there is no column ID/],
      [{ kind: 'unique', columns: ['id', 'j'] }, /j is of type jsonb, which is not compared/],
      [{ kind: 'range', column: 'l', min: '1' }, /l is of type array, which is not compared/],
      [{ kind: 'range', column: 'id' }, /range of id: it has neither min nor max/],
      [{ kind: 'range', column: 'id', min: '1.5' }, /its min is not of type bigint/],
      [{ kind: 'range', column: 'day', max: 'soon' }, /its max is not of type date/],
      [{ kind: 'range', column: 'id', min: '2', max: '1' }, /its min is greater than its max/],
      [{ kind: 'range', column: 'id', min: '10', max: '9' }, /its min is greater than its max/],
      [{ kind: 'sql', name: 'a', sql: 'select nope from dataset' }, /a: Binder Error: .*"nope"/],
      [{ kind: 'sql', name: 'a', sql: 'from input' }, /it reads from input, and there is dataset/],
      [{ kind: 'sql', name: 'a', sql: `from read_csv('x')` }, /it reads from read_csv\(\)/],
      [{ kind: 'sql', name: 'a', sql: 'from dataset where day > today()' }, /it calls today\(\)/],
      [{ kind: 'sql', name: 'a', sql: 'delete from dataset' }, /it is not a SELECT/],
    ]
    const { signal } = attempt
    for (const [one, message] of cases) {
      await assert.rejects(prepareChecks(bed.duckDb, columns, [one], signal), {
        code: 'CHECK_INVALID',
        retryable: false,
        message,
      })
      await assert.rejects(check([one]), { code: 'CHECK_INVALID' })
    }
    const all = cases.map(([one]) => one)
    await assert.rejects(prepareChecks(bed.duckDb, columns, all, signal), ({ message }: Error) => {
      assert.equal(message.split('; ').length, cases.length)
      return true
    })
    await prepareChecks(bed.duckDb, columns, undefined, signal)
  })
})
