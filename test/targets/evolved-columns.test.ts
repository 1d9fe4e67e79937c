import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import type { ColumnDefinition } from '../../activities/pipeline-definition.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { column } from './support/column.ts'
import { flightColumns, flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

describe('the columns that a source has brought', { timeout: 60_000 }, () => {
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

  it('are not guessed where somebody has changed what is kept of them', async () => {
    await publish('changed', [column('x', 'bigint')])
    await database.query(`UPDATE claimcheck.evolved_columns SET definition = '{}'`)
    await assert.rejects(read('changed'), {
      code: 'TARGET_FAILED',
      message: /claimcheck\.evolved_columns cannot be read/,
    })
  })
})
