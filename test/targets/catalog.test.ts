import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import type { PipelineDefinition } from '../../activities/pipeline-definition.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import type { PublishRequest } from '../../src/targets/postgres/postgres-requests.ts'
import { pipelineStatus } from '../../src/targets/postgres/pipeline-status.ts'
import { openSessions } from '../../src/targets/postgres/sessions.ts'
import { column } from './support/column.ts'
import { flightColumns, flights, sampleLoad, type SampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

describe('the catalog', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url, maxConnections: 8 })
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  const load = (table: string, request: Partial<Omit<PublishRequest, 'target'>> = {}): SampleLoad =>
    sampleLoad(table, [flights(1, 3), flights(4, 2)], flightColumns, { request })

  const runOf = async ({ datasetId }: SampleLoad) => {
    const [run] = await database.query(
      `SELECT pipeline, partition, target, workflow_id, state, failure_code AS failure,
              ended_at IS NOT NULL AS ended FROM claimcheck.runs WHERE dataset_id = $1`,
      [datasetId],
    )
    return run
  }

  it('has a run from its beginning, and its dataset when it is published', async () => {
    const sample = load('recorded', { recordCount: 6, rejectCount: 1 })
    const workflowId = 'etl/flights/2026-11-23'
    await target.check({ ...sample.request, workflowId })
    const begun = {
      pipeline: 'flights',
      partition: '2026-11-23',
      target: 'public.recorded',
      workflow_id: workflowId,
      state: 'running',
      failure: null,
      ended: false,
    }
    assert.deepEqual(await runOf(sample), begun)
    await sample.stage(target)
    await target.publish({ ...sample.request, convertedCount: 5, rejects: undefined })
    const published = { ...begun, state: 'published', ended: true }
    assert.deepEqual(await runOf(sample), published)
    assert.deepEqual(
      await database.query(
        `SELECT pipeline, partition, interval_end = '2026-11-24T00:00:00Z' AS ends, manifest_key, part_count,
                row_count, records_served, rows_rejected, requested_at = '2026-11-24T02:00:00Z' AS requested
           FROM claimcheck.datasets WHERE dataset_id = $1`,
        [sample.datasetId],
      ),
      [
        {
          pipeline: 'flights',
          partition: '2026-11-23',
          ends: true,
          manifest_key: sample.request.manifestKey,
          part_count: 2,
          row_count: '5',
          records_served: '6',
          rows_rejected: '1',
          requested: true,
        },
      ],
    )

    // Attempts that come late change nothing.
    await target.check({ ...sample.request, workflowId })
    await target.publish(sample.request)
    await target.discard({ ...sample.request, failureCode: 'LATE' })
    assert.deepEqual(await runOf(sample), published)
  })

  it('keeps why a run failed, the first reason, and that it was published after all', async () => {
    const sample = load('failed')
    await target.check(sample.request)
    await target.discard({ ...sample.request, failureCode: 'SOURCE_REFUSED' })
    await target.discard({ ...sample.request, failureCode: 'CANCELLED' })
    await target.check(sample.request)
    const state = async () => {
      const { state: is, failure, ended } = (await runOf(sample)) ?? {}
      return { is, failure, ended }
    }
    assert.deepEqual(await state(), { is: 'failed', failure: 'SOURCE_REFUSED', ended: true })
    await sample.stage(target)
    await target.publish(sample.request)
    assert.deepEqual(await state(), { is: 'published', failure: null, ended: true })
  })

  it('keeps why a run ended that was refused before it had anything to discard', async () => {
    const change = { target: { mode: 'append' } } as const
    const columns = [column('id', 'bigint')]
    const [first, again] = [1n, 2n].map((id) => sampleLoad('refused', [[[id]]], columns, change))
    assert.ok(first !== undefined && again !== undefined)
    await first.run(target)
    await assert.rejects(target.check(again.request), { code: 'INTERVAL_LOADED' })
    const { state, failure, ended } = (await runOf(again)) ?? {}
    assert.deepEqual([state, failure, ended], ['failed', 'INTERVAL_LOADED', true])
  })

  it('has what each pipeline was last told, references as they are written', async () => {
    const sample = load('told', { pipeline: 'told' })
    const definition = definitionOf(sample, {
      authorization: 'Bearer ${TOKEN}',
      odd: 'nul \0, half \ud800, backslash \\u0000, whole \u{1f600}',
    })
    await target.check({ ...sample.request, definition })
    await target.check({ ...load('told_anew', { pipeline: 'told' }).request })
    const [told] = await database.query<{ definition: PipelineDefinition; target: string }>(
      `SELECT definition, target FROM claimcheck.pipelines WHERE name = 'told'`,
    )
    const expected = definitionOf(sample, {
      authorization: 'Bearer ${TOKEN}',
      odd: 'nul \u2400, half \ufffd, backslash \\u0000, whole \u{1f600}',
    })
    assert.deepEqual(told, { definition: expected, target: 'public.told' })

    const other = load('told_other', { pipeline: 'told' })
    await target.check({ ...other.request, definition: definitionOf(other, {}) })
    // Late, and of what the pipeline said before.
    await target.check({ ...sample.request, definition })
    const [now] = await database.query(
      `SELECT definition -> 'source' -> 'headers' AS headers, target FROM claimcheck.pipelines WHERE name = 'told'`,
    )
    assert.deepEqual(now, { headers: {}, target: 'public.told_other' })
  })

  it('has one row a pipeline and table that says how it stands', async () => {
    const pipeline = 'standing'
    const status = () =>
      database.query(
        `SELECT target, last_partition AS partition, last_rows AS rows, last_dataset_id AS dataset, runs_running AS running,
                runs_failed_since AS failed, last_failure_code AS code FROM claimcheck.pipeline_status
          WHERE pipeline = $1 ORDER BY target`,
        [pipeline],
      )
    const fail = async (failureCode: string) => {
      const { request } = load('standing', { pipeline })
      await target.check(request)
      await target.discard({ ...request, failureCode })
    }
    await fail('SOURCE_REFUSED')
    const none = { target: 'public.standing', partition: null, rows: null, dataset: null }
    assert.deepEqual(await status(), [
      { ...none, running: '0', failed: '1', code: 'SOURCE_REFUSED' },
    ])
    await load('standing', { pipeline }).run(target)
    const second = load('standing', { pipeline, partition: '2026-11-24' })
    await second.run(target)
    const stands = {
      target: 'public.standing',
      partition: '2026-11-24',
      rows: '5',
      dataset: second.datasetId,
    }
    assert.deepEqual(await status(), [{ ...stands, running: '0', failed: '0', code: null }])
    await fail('SOURCE_REFUSED')
    await fail('ROWS_LOST')
    await target.check(load('standing', { pipeline }).request)
    assert.deepEqual(await status(), [{ ...stands, running: '1', failed: '2', code: 'ROWS_LOST' }])
    // Whatever the database writes times as.
    await database.query(
      `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET DateStyle = 'SQL, DMY'`,
    )
    const sessions = openSessions({
      url: database.url,
      maxConnections: 1,
      connectTimeoutMs: 10_000,
    })
    const read = await sessions.transaction(
      'of a test',
      AbortSignal.timeout(60_000),
      pipelineStatus,
    )
    await sessions.close()
    const standing = read.find((row) => row.pipeline === pipeline)
    assert.deepEqual(standing?.intervalEnd, new Date('2026-11-24T00:00:00Z'))
    const [published] = await database.query<{ ms: string }>(
      `SELECT floor(extract(epoch FROM last_published_at) * 1000)::text AS ms
         FROM claimcheck.pipeline_status WHERE pipeline = $1`,
      [pipeline],
    )
    assert.equal(String(standing.publishedAt?.getTime()), published?.ms)
  })

  describe('of runs that were terminated', () => {
    const staging = async (sample: SampleLoad) => {
      const [found] = await database.query(
        `SELECT to_regclass('claimcheck_staging.d_' || replace($1, '-', '')) IS NOT NULL AS table,
                (SELECT count(*)::int FROM claimcheck.staged_parts WHERE dataset_id = $1::uuid) AS parts`,
        [sample.datasetId],
      )
      return found
    }
    const begin = async (sample: SampleLoad, workflowId: string) => {
      await target.check({ ...sample.request, workflowId })
      await sample.stage(target)
    }
    const staged = { table: true, parts: 2 }
    const nothing = { table: false, parts: 0 }

    it('discards what is staged when the same workflow runs again, and nothing else', async () => {
      const published = load('swept')
      const terminated = load('swept')
      const elsewhere = load('swept')
      const later = load('swept', { requestedAt: '2026-11-25T02:00:00Z' })
      await begin(published, 'etl/swept')
      await target.publish(published.request)
      await begin(terminated, 'etl/swept')
      await begin(elsewhere, 'etl/other')
      const namesake = { ...load('swept').request, workflowId: 'etl/swept', namespace: 'other' }
      await target.check(namesake)
      assert.deepEqual(await staging(terminated), staged)
      await begin(later, 'etl/swept')
      assert.deepEqual(await staging(terminated), nothing)
      assert.deepEqual(await staging(elsewhere), staged)
      const failed = await runOf(terminated)
      assert.deepEqual(
        [failed?.['state'], failed?.['failure'], failed?.['ended']],
        ['failed', 'SUPERSEDED', true],
      )
      assert.equal((await runOf(published))?.['state'], 'published')
      assert.equal((await runOf(elsewhere))?.['state'], 'running')

      // A late attempt of the terminated run disturbs neither its successor nor another attempt.
      await target.check({ ...terminated.request, workflowId: 'etl/swept' })
      await target.check({ ...later.request, workflowId: 'etl/swept' })
      assert.deepEqual(await staging(later), staged)
      assert.equal((await runOf(later))?.['state'], 'running')
    })

    it('leaves what another role has staged, which only that one may drop', async () => {
      const role = `claimcheck_other_${randomBytes(4).toString('hex')}`
      await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'other';
        CREATE TABLE shared (id bigint PRIMARY KEY, carrier text, delay integer);
        GRANT ALL ON shared TO ${role};
        GRANT USAGE ON SCHEMA claimcheck TO ${role}; GRANT ALL ON SCHEMA claimcheck_staging TO ${role};
        GRANT ALL ON ALL TABLES IN SCHEMA claimcheck TO ${role}`)
      const other = createPostgresTarget({ url: database.urlAs(role, 'other') })
      try {
        const terminated = load('shared')
        await begin(terminated, 'etl/shared')
        await other.check({ ...load('shared').request, workflowId: 'etl/shared' })
        assert.deepEqual(await staging(terminated), staged)
      } finally {
        await other.close()
        await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
      }
    })

    it('discards again what an attempt that outlived its run has staged since', async () => {
      const terminated = load('swept_again')
      await begin(terminated, 'etl/again')
      await target.check({ ...load('swept_again').request, workflowId: 'etl/again' })
      await terminated.stage(target)
      assert.deepEqual(await staging(terminated), staged)
      await target.check({ ...load('swept_again').request, workflowId: 'etl/again' })
      assert.deepEqual(await staging(terminated), nothing)
    })
  })
})

describe('the migrations', { timeout: 300_000 }, () => {
  it('run once, whichever of eight workers begins', async () => {
    const database = await createTestDatabase()
    const targets = Array.from({ length: 8 }, () => createPostgresTarget({ url: database.url }))
    try {
      await Promise.all(
        targets.map((target, index) => sampleLoad(`fresh_${index}`, [flights(1, 2)]).run(target)),
      )
      const [counted] = await database.query(
        `SELECT (SELECT count(*)::int FROM claimcheck.loads) AS loads,
                (SELECT count(*)::int FROM claimcheck.runs WHERE state = 'published') AS runs,
                (SELECT array_agg(number ORDER BY number) FROM claimcheck.migrations) AS migrations`,
      )
      assert.deepEqual(counted, { loads: 8, runs: 8, migrations: [1, 2, 3, 4, 5, 6] })
    } finally {
      await Promise.all(targets.map((target) => target.close()))
      await database.drop()
    }
  })

  it('bring a catalog with rows of an earlier version up to date, from many workers at once', async () => {
    const database = await createTestDatabase()
    const targets = Array.from({ length: 8 }, () => createPostgresTarget({ url: database.url }))
    try {
      await database.query(
        `CREATE SCHEMA claimcheck;
         CREATE TABLE claimcheck.migrations (
           number integer PRIMARY KEY, file text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
      )
      for (const file of [
        '0001_catalog.sql',
        '0002_row_accounting.sql',
        '0003_rejects_and_marks.sql',
      ]) {
        await database.query(await readFile(`infra/migrations/${file}`, 'utf8'))
        await database.query('INSERT INTO claimcheck.migrations (number, file) VALUES ($1, $2)', [
          Number(file.slice(0, 4)),
          file,
        ])
      }
      await database.query(
        `INSERT INTO claimcheck.loads (dataset_id, target, pipeline, partition, manifest_key, mode, rows_staged,
           rows_inserted, rows_updated, rows_unchanged, rows_duplicate, requested_at)
         VALUES ('00000000-0000-4000-8000-000000000000', 'public.flights', 'flights', '2026-11-22', 'key', 'merge', 1, 1, 0, 0, 0, now())`,
      )
      await Promise.all(
        targets.map((target) => target.check(sampleLoad('flights', [flights(1, 2)]).request)),
      )
      assert.deepEqual(
        await database.query(
          `SELECT partition, rows_deleted AS deleted, key_digest AS digest, interval_end AS ends FROM claimcheck.latest_loads`,
        ),
        [{ partition: '2026-11-22', deleted: '0', digest: null, ends: null }],
      )
      assert.deepEqual(
        await database.query(
          `SELECT last_partition AS partition, runs_running AS running FROM claimcheck.pipeline_status`,
        ),
        [{ partition: '2026-11-22', running: '8' }],
      )
    } finally {
      await Promise.all(targets.map((target) => target.close()))
      await database.drop()
    }
  })
})

function definitionOf(
  { request }: SampleLoad,
  headers: Readonly<Record<string, string>>,
): PipelineDefinition {
  return {
    name: request.pipeline,
    source: {
      kind: 'http',
      url: '${SOURCE}/flights',
      query: {},
      headers,
      format: 'json',
      records: [],
      next: { kind: 'none' },
    },
    columns: request.columns,
    onReject: { max: 0 },
    target: request.target,
    limits: { batchBytes: 1, pageBytes: 1, batchesInFlight: 1, attempts: 1 },
  }
}
