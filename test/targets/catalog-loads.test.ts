import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import {
  findLoadByPrefix,
  listLoads,
  type LoadFilter,
} from '../../src/targets/postgres/list-loads.ts'
import { orWithoutCatalog, withCatalog } from '../../src/targets/postgres/open-catalog.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { flightColumns, flights, sampleLoad, type SampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const signal = AbortSignal.timeout(300_000)

describe('the loads of the catalog', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget
  let loads: SampleLoad[]

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
    loads = ['2026-11-22', '2026-11-23', '2026-11-22'].map((partition, index) =>
      sampleLoad(`listed_${index}`, [flights(1, 2), flights(2, 2, 'SK')], flightColumns, {
        request: {
          partition,
          pipeline: index === 0 ? 'first' : 'flights',
          recordCount: 5,
          rejectCount: 1,
        },
      }),
    )
    for (const load of loads) {
      await target.check({ ...load.request, workflowId: 'etl/flights' })
      await load.stage(target)
      await target.publish(load.request)
    }
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  const listed = (filter: LoadFilter) =>
    withCatalog(database.url, signal, (sessions) =>
      sessions.transaction('claimcheck loads', signal, (session) => listLoads(session, filter)),
    )
  const find = (prefix: string) =>
    withCatalog(database.url, signal, (sessions) =>
      sessions.transaction('claimcheck loads', signal, (session) =>
        findLoadByPrefix(session, prefix),
      ),
    )
  const idOf = (index: number): string => loads[index]?.datasetId ?? ''

  it('are listed with the newest first, as far as they are asked for', async () => {
    const ids = async (filter: Partial<LoadFilter>) =>
      (await listed({ limit: 10, ...filter })).map(({ datasetId }) => datasetId)
    assert.deepEqual(await ids({}), [idOf(2), idOf(1), idOf(0)])
    assert.deepEqual(await ids({ limit: 1 }), [idOf(2)])
    assert.deepEqual(await ids({ partition: '2026-11-22' }), [idOf(2), idOf(0)])
    assert.deepEqual(await ids({ partition: '2026-11-22', pipeline: 'first' }), [idOf(0)])
    assert.deepEqual(await ids({ pipeline: 'none' }), [])
  })

  it('have all that is known of them', async () => {
    const { publishedAt, keyDigest, run, ...load } = await find(idOf(1))
    assert.deepEqual(load, {
      datasetId: idOf(1),
      target: 'public.listed_1',
      pipeline: 'flights',
      partition: '2026-11-23',
      manifestKey: loads[1]?.request.manifestKey,
      mode: 'merge',
      rowsStaged: 4,
      rowsInserted: 3,
      rowsUpdated: 0,
      rowsUnchanged: 0,
      rowsDeleted: 0,
      rowsDuplicate: 1,
      rowsRejected: 1,
      recordsServed: 5,
      rowsConverted: null,
      keyCount: 3,
      madeBy: null,
      missingFields: null,
      madeFrom: null,
      intervalStart: '2026-11-23T00:00:00.000Z',
      intervalEnd: '2026-11-24T00:00:00.000Z',
      requestedAt: '2026-11-24T02:00:00.000Z',
      dataset: { partCount: 2, rowCount: 4 },
    })
    assert.match(keyDigest ?? '', /^[0-9a-f]{16}$/)
    const { beganAt, endedAt, ...state } = run ?? {}
    assert.deepEqual(state, { workflowId: 'etl/flights', state: 'published' })
    for (const time of [publishedAt, beganAt, endedAt]) {
      assert.match(time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }
  })

  it('are found by the beginning of an id, and told apart', async () => {
    const id = idOf(1)
    for (const prefix of [id, id.slice(0, 13), id.replaceAll('-', '').slice(0, 14).toUpperCase()]) {
      assert.equal((await find(prefix)).datasetId, id)
    }
    await database.query(
      `UPDATE claimcheck.loads SET dataset_id = ('ffffffff' || substr(dataset_id::text, 9))::uuid
        WHERE pipeline = 'flights'`,
    )
    await assert.rejects(find('ffffffff'), { code: 'LOAD_AMBIGUOUS' })
    await assert.rejects(find('ffffffff-ffff-ffff'), { code: 'LOAD_NOT_FOUND' })
    assert.equal((await find(`ffffffff${id.slice(8)}`)).partition, '2026-11-23')
    // Of these nothing else is in the catalog.
    assert.deepEqual((await find(`ffffffff${id.slice(8)}`)).run, null)
    await assert.rejects(find('%'), { code: 'LOAD_NOT_FOUND' })
  })

  it('are nowhere in a database without a catalog, or with one of an earlier version', async () => {
    const other = await createTestDatabase()
    const look = () => withCatalog(other.url, signal, () => Promise.resolve())
    try {
      const list = () => orWithoutCatalog(look, ({ code }) => code)
      await assert.rejects(look(), { code: 'CATALOG_NOT_FOUND' })
      assert.equal(await list(), 'CATALOG_NOT_FOUND')
      await other.query('CREATE SCHEMA claimcheck')
      await other.query('CREATE TABLE claimcheck.loads (dataset_id uuid)')
      await assert.rejects(look(), { code: 'CATALOG_OUTDATED' })
      await assert.rejects(list(), { code: 'CATALOG_OUTDATED' })
      await other.query('ALTER TABLE claimcheck.loads ADD COLUMN missing_fields text[]')
      await look()
      assert.equal(await list(), undefined)
    } finally {
      await other.drop()
    }
  })
})
