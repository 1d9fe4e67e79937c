import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import type { ColumnDefinition } from '../../activities/pipeline-definition.ts'
import { columnTypeSql } from '../../src/targets/postgres/column-type-sql.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { column } from './support/column.ts'
import type { Row } from './support/part-chunk-of.ts'
import { flightColumns, flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

/** The type that a load has found for a field, and a value of it. */
type Brought = readonly [Parameters<typeof column>[1], Row[number]]

describe('the columns that a source has brought', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  const publish = async (table: string, evolvedColumns: readonly ColumnDefinition[]) => {
    const columns = [...flightColumns, ...evolvedColumns]
    const rows = flights(1, 2).map((row) => [...row, ...evolvedColumns.map(() => null)])
    const load = sampleLoad(table, [rows], columns, { request: { evolve: true } })
    await target.check(load.request)
    await load.stage(target)
    await target.publish({ ...load.request, evolvedColumns })
  }
  const read = (table: string, pipeline = 'flights') => {
    const { request } = sampleLoad(table, [])
    return target.evolvedColumns({ ...request, pipeline })
  }

  it('are known to the next load of the pipeline into that table', async () => {
    assert.deepEqual(await read('evolving'), [])
    const nul = { ...column('n_00000000', 'bigint'), from: 'n\0', path: ['n\0'] }
    const brought = [column('wind', 'bigint'), { ...column('t_1', 'date'), from: 'T' }, nul]
    await publish('evolving', brought)
    const sorted = brought.toSorted((one, other) => (one.name < other.name ? -1 : 1))
    assert.deepEqual(await read('evolving'), sorted)
    assert.deepEqual(await read('evolving', 'another'), [])
    assert.deepEqual(await read('other'), [])
  })

  it('have a type for what each of several loads has seen', async () => {
    const numeric = column('x', { kind: 'numeric', precision: 20, scale: 1 })
    await publish('widening', [numeric])
    // It began before, and has found whole numbers only: the table takes these.
    await publish('widening', [column('x', 'bigint')])
    assert.deepEqual(await read('widening'), [numeric])
    await publish('widening', [column('x', 'text'), column('y', 'boolean')])
    assert.deepEqual(await read('widening'), [column('x', 'text'), column('y', 'boolean')])
    await publish('widening', [column('y', 'boolean')])
    assert.equal((await read('widening')).length, 2)
  })

  it('take the values of loads side by side that have found other types, whichever comes first', async () => {
    const wide = { kind: 'numeric', precision: 21, scale: 2 } as const
    const found: readonly (readonly [Brought, Brought, string, readonly string[]])[] = [
      [['bigint', -5n], ['text', 'five'], 'text', ['-5', 'five']],
      [['boolean', 1], ['bigint', 7n], 'text', ['true', '7']],
      [[wide, '1.50'], ['bigint', 7n], 'numeric(21,2)', ['1.50', '7.00']],
      [['date', 1], ['timestamptz', 1n], 'text', ['1970-01-02', '1970-01-01 00:00:00.000001+00']],
      [['jsonb', '[1]'], ['date', -1], 'text', ['[1]', '1969-12-31']],
    ]
    const names = found.map((_, index) => `x${index}`)
    for (const table of ['beside_forth', 'beside_back']) {
      const loads = [0, 1].map((id) => {
        const own = found.flatMap(([one, other]) => [id === 0 ? one : other])
        const brought = own.map(([type], index) => column(`x${index}`, type))
        const row = [BigInt(id), 'DY', 1, ...own.map(([, value]) => value)]
        const change = { request: { evolve: true, evolvedColumns: brought } }
        return sampleLoad(table, [[row]], [...flightColumns, ...brought], change)
      })
      // Both are asked for, and staged, before either is published.
      for (const load of loads) await target.check(load.request)
      for (const load of loads) await load.stage(target)
      for (const load of table === 'beside_back' ? loads.toReversed() : loads) {
        const plan = await target.plan?.(load.request)
        assert.ok(plan?.kind === 'planned' && plan.plan.counts.rowsInserted === 1)
        assert.equal((await target.publish(load.request)).kind, 'published')
      }
      assert.deepEqual(
        await database.query(
          `SELECT ARRAY[${names.map((name) => `${name}::text`).join(', ')}] AS x FROM ${table} ORDER BY id`,
        ),
        [0, 1].map((id) => ({ x: found.map(([, , , values]) => values[id]) })),
      )
      const types = await database.query(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
          WHERE attrelid = '${table}'::regclass AND attname ~ '^x[0-9]' ORDER BY attname`,
      )
      const wanted = found.map(([, , type], index) => ({ name: `x${index}`, type }))
      assert.deepEqual(types, wanted)
      const kept = await read(table)
      assert.deepEqual(
        kept.map(({ name, type }) => ({ name, type: columnTypeSql(type) })),
        wanted,
      )
    }
  })

  it('are not guessed where somebody has changed what is kept of them', async () => {
    await publish('changed', [column('x', 'bigint')])
    await database.query(`UPDATE claimcheck.evolved_columns SET definition = '{}'`)
    await assert.rejects(read('changed'), {
      code: 'TARGET_FAILED',
      message: /claimcheck\.evolved_columns cannot be read/,
    })
  })
})
