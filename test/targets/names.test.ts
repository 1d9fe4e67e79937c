import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import evilNames from '../fixtures/evil_identifiers.json' with { type: 'json' }
import { column } from './support/column.ts'
import { sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const possible = evilNames.filter((name) => !name.includes('\0'))

describe('names in SQL', { timeout: 60_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
    await database.query('CREATE TABLE victim (id bigint); INSERT INTO victim VALUES (1)')
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  it('loads into tables and columns of any name, twice, and runs none of it', async () => {
    const columns = [column('id', 'bigint', 'key'), ...possible.map((name) => column(name, 'text'))]
    for (const name of possible) {
      for (const value of ['a', 'b']) {
        const row = [1n, ...possible.map(() => value)]
        const outcome = await sampleLoad(name, [[row]], columns).run(target)
        assert.equal(outcome.kind, 'published')
      }
      const [stored] = await database.query(`SELECT * FROM "${name.replaceAll('"', '""')}"`)
      assert.deepEqual(stored, { id: '1', ...Object.fromEntries(possible.map((p) => [p, 'b'])) })
    }
    assert.deepEqual(await database.query('SELECT * FROM victim'), [{ id: '1' }])
  })

  it('tells names of other case apart', async () => {
    const columns = [
      column('id', 'bigint', 'key'),
      column('ID', 'bigint', 'key'),
      column('order', 'text'),
      column('Order', 'text'),
    ]
    await sampleLoad('Case', [[[1n, 2n, 'a', 'b']]], columns).run(target)
    assert.deepEqual(await database.query('SELECT * FROM "Case"'), [
      { id: '1', ID: '2', order: 'a', Order: 'b' },
    ])
  })

  it('refuses names that PostgreSQL cannot hold, before anything is made', async () => {
    const long = 'ø'.repeat(32)
    for (const name of ['x\0y', '', long, 'ctid', 'xmin', '_position', '\ud800']) {
      const columns = [column('id', 'bigint', 'key'), column(name, 'text')]
      const { request } = sampleLoad('refused', [], columns)
      await assert.rejects(target.check(request), { code: 'TARGET_MISMATCH' }, JSON.stringify(name))
    }
    for (const name of ['x\0y', '', long]) {
      await assert.rejects(target.check(sampleLoad(name, []).request), { code: 'TARGET_MISMATCH' })
    }
  })
})
