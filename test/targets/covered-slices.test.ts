import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { QueryResultRow } from 'pg'
import type { LoadTarget } from '../../activities/load-target.ts'
import { parsePartition } from '../../src/pipeline/partition.ts'
import { readCoveredSlices } from '../../src/targets/postgres/covered-slices.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import type { PostgresTargetDefinition } from '../../activities/pipeline-definition.ts'
import { openSessions, type Session } from '../../src/targets/postgres/sessions.ts'
import { flightColumns, flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const days = ['2026-10-31', '2026-11-01', '2026-11-30', '2026-12-01']

describe('the slices that a table has', { timeout: 300_000 }, () => {
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

  async function covered(
    table: string,
    change: { pipeline?: string; mode?: PostgresTargetDefinition['mode'] } = {},
  ): Promise<string[]> {
    const { pipeline = 'flights', mode = 'merge' } = change
    const slices = await target.coveredSlices({
      target: { kind: 'postgres', schema: 'public', table, mode },
      columns: flightColumns,
      signal: AbortSignal.timeout(30_000),
      pipeline,
      slices: days.map((day) => parsePartition(day)),
    })
    return [...slices].toSorted()
  }

  const load = (
    table: string,
    partition: string,
    mode: PostgresTargetDefinition['mode'] = 'merge',
  ) =>
    sampleLoad(table, [flights(1, 2)], flightColumns, {
      target: { mode },
      request: { partition, interval: parsePartition(partition).interval },
    }).run(target)

  it('are none before the first load, those of published loads then', async () => {
    assert.deepEqual(await covered('months'), [])
    const failed = sampleLoad('months', [flights(1, 2)], flightColumns, {
      request: { partition: '2026-10-31' },
    })
    await target.check(failed.request)
    await failed.stage(target)
    assert.deepEqual(await covered('months'), [])
    await load('months', '2026-11')
    await load('months', '2026-12-01T00..2026-12-01T11')
    assert.deepEqual(await covered('months'), ['2026-11-01', '2026-11-30'])
  })

  it('are those of the pipeline itself, in this very table', async () => {
    assert.deepEqual(await covered('months', { pipeline: 'others' }), [])
    assert.deepEqual(await covered('elsewhere'), [])
  })

  it('are known by name where an earlier version has loaded them', async () => {
    await load('named', '2026-12-01')
    await database.query(
      `UPDATE claimcheck.loads SET interval_start = NULL, interval_end = NULL WHERE target = 'public.named'`,
    )
    assert.deepEqual(await covered('named'), ['2026-12-01'])
    const old = await createTestDatabase()
    const oldTarget = createPostgresTarget({ url: old.url })
    await old.query(
      `CREATE SCHEMA claimcheck; CREATE TABLE claimcheck.loads (pipeline text, target text, partition text);
       INSERT INTO claimcheck.loads VALUES ('flights', 'public.named', '2026-11-01')`,
    )
    const slices = days.map((day) => parsePartition(day))
    const found = await oldTarget.coveredSlices({
      target: { kind: 'postgres', schema: 'public', table: 'named', mode: 'merge' },
      columns: flightColumns,
      signal: AbortSignal.timeout(30_000),
      pipeline: 'flights',
      slices,
    })
    assert.deepEqual([...found], ['2026-11-01'])
    await oldTarget.close()
    await old.drop()
  })

  it('are looked for in no load that begins behind the last of them', async () => {
    await load('bounded', '2026-11-30')
    await load('bounded', '2026-12')
    await database.query(
      `INSERT INTO claimcheck.loads
       SELECT (jsonb_populate_record(load, jsonb_build_object(
                'dataset_id', gen_random_uuid(), 'partition', 'later-' || day,
                'interval_start', load.interval_start + day * interval '1 day',
                'interval_end', load.interval_end + day * interval '1 day'))).*
         FROM claimcheck.loads AS load, generate_series(10, 500) AS later(day)
        WHERE target = 'public.bounded' AND partition = '2026-11-30'`,
    )
    // By the clock of an earlier definition, long behind the others.
    await database.query(
      `UPDATE claimcheck.loads SET partition = '2026-10-31'
        WHERE target = 'public.bounded' AND partition = 'later-500'`,
    )
    const sessions = openSessions({
      url: database.url,
      maxConnections: 1,
      connectTimeoutMs: 10_000,
    })
    const look = (mode: PostgresTargetDefinition['mode']) =>
      sessions.transaction('test', AbortSignal.timeout(30_000), async (session) => {
        let loads = 0
        const counting: Session = {
          ...session,
          query: async <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => {
            const outcome = await session.query<Row>(text, values)
            if (text.includes('FROM claimcheck.loads')) loads = outcome.rowCount
            return outcome
          },
        }
        const found = await readCoveredSlices(counting, {
          target: { kind: 'postgres', schema: 'public', table: 'bounded', mode },
          pipeline: 'flights',
          slices: days.map((day) => parsePartition(day)),
        })
        return { loads, found: [...found].toSorted() }
      })
    const expected = ['2026-10-31', '2026-11-30', '2026-12-01']
    assert.deepEqual(await look('merge'), { loads: 3, found: expected })
    assert.deepEqual(await look('replace'), { loads: 493, found: days })
    await sessions.close()
  })

  it('are all up to the latest where each load takes the place of all', async () => {
    await load('replaced', '2026-11-30', 'replace')
    assert.deepEqual(await covered('replaced', { mode: 'replace' }), days.slice(0, 3))
    assert.deepEqual(await covered('replaced'), ['2026-11-30'])
  })
})
