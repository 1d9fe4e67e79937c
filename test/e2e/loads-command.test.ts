import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { partKey } from '../../activities/bucket-layout.ts'
import type { DatasetId } from '../../activities/index.ts'
import { externalAddresses } from '../../infra/stack/external-addresses.ts'
import { openPageDatabase } from '../../src/web/page/open-page-database.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { asBrowser, createPageApp } from '../support/page-app.ts'
import { tableOf, uniqueName } from '../support/pipeline-fixture.ts'
import { jsonLines, mainScript } from '../support/run-cli.ts'
import { runSummary } from '../support/run-summary.ts'
import { claimcheckSession, claimcheckSessions } from '../targets/support/claimcheck-sessions.ts'
import { createTestDatabase } from '../targets/support/test-database.ts'

const secret = 'not-to-be-told'
const days = ['2001-01-01', '2001-01-02']

describe('claimcheck loads', () => {
  let bed: LoadBed
  const name = uniqueName('listed')
  const table = tableOf(name)
  const datasets: string[] = []
  let rows = 0

  before(async () => {
    bed = await openLoadBed({ SOURCE_SECRET: secret })
    await bed.startWorker()
    await bed.writeFlights({ name, headers: { 'x-token': '${SOURCE_SECRET}' } })
    for (const day of days) {
      const loaded = runSummary(
        await bed.cli(['run', name, '--partition', day, '--wait', '--json']),
      )
      datasets.push(loaded.datasetId)
      rows = loaded.rows
    }
  })
  after(() => bed?.close())

  const newest = () => datasets.at(-1) ?? ''

  it('`ls` lists what was loaded, the newest first, as far as it is asked for', async () => {
    const all = await bed.cli(['loads', 'ls', '--pipeline', name])
    assert.equal(all.exitCode, 0, all.stderr)
    const lines = all.stdout.trimEnd().split('\n')
    const cells = lines.map((line) => line.split('\t'))
    const counts = [String(rows), '0', '0', '0', '0', '0']
    const [latest = []] = cells
    assert.deepEqual(latest.slice(0, 10), [name, '2001-01-02', table, 'merge', ...counts])
    assert.match(latest[10] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(
      cells.map((row) => row[11]),
      datasets.toReversed(),
    )
    const one = await bed.cli(['loads', 'ls', '--partition', '2001-01-01', '--json'])
    const [load, ...others] = jsonLines(one)
    assert.deepEqual(others, [])
    assert.ok(typeof load === 'object' && load !== null && 'type' in load && 'datasetId' in load)
    assert.deepEqual([load.type, load.datasetId], ['load', datasets[0]])
  })

  it('`show` shows a load with its dataset and its run, by the beginning of the id', async () => {
    const { exitCode, stdout, stderr } = await bed.cli(['loads', 'show', newest().slice(0, 10)])
    assert.equal(exitCode, 0, stderr)
    for (const part of [
      `datasetId: ${newest()}`,
      `workflowId: etl/${name}/2001-01-02`,
      'state: published',
      'partCount: 1',
    ]) {
      assert.ok(stdout.includes(part), `${part} in ${stdout}`)
    }
    const unknown = await bed.cli(['loads', 'show', 'eeeeeeeeeeee'])
    assert.equal(unknown.exitCode, 4)
    assert.match(unknown.stderr, /^LOAD_NOT_FOUND: /)
    assert.equal((await bed.cli(['loads', 'show', '100%'])).exitCode, 2)
  })

  it('`verify` says whether a table has what was loaded, and which rows differ to who asks', async () => {
    const equal = await bed.cli(['loads', 'verify', newest(), '--json'])
    assert.deepEqual([equal.exitCode, equal.stderr], [0, ''])
    assert.deepEqual(jsonLines(equal), [
      {
        type: 'verified',
        datasetId: newest(),
        verdict: 'equal',
        parts: 1,
        damage: [],
        keys: 'equal',
        comparison: {
          rows: { equal: rows, missing: 0, differing: 0, extra: 0, newer: 0, overwritten: 0 },
          examples: [],
          laterLoads: 0,
        },
      },
    ])
    const [{ id } = { id: '' }] = await bed.database.query<{ id: string }>(
      `UPDATE ${table} SET delay = coalesce(delay, 0) + 1
        WHERE id = (SELECT max(id) FROM ${table} WHERE departed_at >= '2001-01-02') RETURNING id`,
    )
    const differs = await bed.cli(['loads', 'verify', newest()])
    assert.equal(differs.exitCode, 1)
    assert.match(
      differs.stdout,
      /^differs .*\n.*\n.*\n {2}[\d,]+ rows are in .*\n {2}1 rows differ in the table\n$/,
    )
    assert.ok(!differs.stdout.includes(id))
    const { stdout } = await bed.cli(['loads', 'verify', newest(), '--keys'])
    assert.ok(stdout.includes(`    id="${id}"\n`), stdout)
  })

  it('`verify` finds a damaged part', async () => {
    const datasetId = datasets[0] as DatasetId
    const key = partKey({ pipeline: name, partition: '2001-01-01', datasetId }, 0)
    const metadata = (await bed.store.head(key))?.metadata ?? {}
    const changed = Buffer.from(await bed.store.get(key))
    changed[100] = (changed[100] ?? 0) ^ 1
    await bed.store.put(key, changed, { contentType: 'x', metadata })
    const { exitCode, stdout } = await bed.cli(['loads', 'verify', datasetId])
    assert.equal(exitCode, 3)
    assert.ok(stdout.includes(`${key} has another SHA-256`), stdout)
  })

  it('are none in a database that nothing was loaded into, which is no failure of a list', async () => {
    const empty = await createTestDatabase(process.env['CLAIMCHECK_DATABASE_URL'])
    try {
      const asked = [['ls'], ['ls', '--json'], ['show', newest()], ['verify', newest()]]
      const [list, json, show, verify] = await Promise.all(
        asked.map((words) => bed.cli(['loads', ...words], { CLAIMCHECK_DATABASE_URL: empty.url })),
      )
      const hint = /^nothing was loaded into this database yet \[.*\]\n$/
      for (const listed of [list, json]) {
        assert.deepEqual([listed?.exitCode, listed?.stdout], [0, ''])
        assert.match(listed?.stderr ?? '', hint)
      }
      for (const named of [show, verify]) {
        assert.equal(named?.exitCode, 4)
        assert.match(named?.stderr ?? '', /^CATALOG_NOT_FOUND: nothing was loaded /)
      }
      const { temporal, store } = externalAddresses(process.env)
      assert.ok(temporal !== undefined && store !== undefined)
      const { environment } = bed
      const database = openPageDatabase({
        addresses: { temporal, store, database: { url: empty.url } },
        environment,
        signal: AbortSignal.timeout(60_000),
      })
      assert.ok(database !== undefined)
      try {
        const { app } = createPageApp({ directory: bed.pipelines, services: { database } })
        for (const path of ['/', `/datasets/${name}`, `/datasets/${name}/2001-01-01`]) {
          const page = await (await app.request(path, { headers: asBrowser })).text()
          assert.doesNotMatch(page, /CATALOG_/, path)
        }
        assert.deepEqual(await database.pipelineStatus(), [])
      } finally {
        await database.close()
      }
    } finally {
      await empty.drop()
    }
  })

  it('`verify` leaves nothing staged when it is interrupted', async () => {
    const blocker = await bed.database.connect()
    await blocker.query(`BEGIN; LOCK TABLE ${table}`)
    const child = spawn(process.execPath, [mainScript, 'loads', 'verify', newest()], {
      env: bed.environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const gone = once(child, 'exit')
    const said = text(child.stderr)
    const staged = await eventually(
      'a staging table',
      async () => (await stagedDatasets())[0],
      60_000,
    )
    await claimcheckSession(bed.database, `claimcheck verify ${staged}`, 'relation')
    child.kill('SIGINT')
    const [exitCode] = await gone
    assert.deepEqual(
      [exitCode, await said],
      [1, 'Interrupted; what was staged to be compared is removed.\n'],
    )
    assert.deepEqual(await stagedDatasets(), [])
    await blocker.query('ROLLBACK')
  })

  async function stagedDatasets(): Promise<string[]> {
    const tables = await bed.database.query<{ id: string }>(
      `SELECT substr(relname, 3)::uuid::text AS id FROM pg_class
        WHERE relnamespace = 'claimcheck_staging'::regnamespace AND relkind = 'r'`,
    )
    return tables.map(({ id }) => id)
  }

  it('come after one that was terminated: what that has staged is discarded', async () => {
    const day = '2001-01-03'
    const blocker = await bed.database.connect()
    await blocker.query(`BEGIN; LOCK TABLE ${table} IN SHARE MODE`)
    const { workflowId } = await bed.start(name, day)
    const stateOf = async (place: number) => {
      const runs = await bed.database.query<{ id: string; state: string; code: string | null }>(
        `SELECT dataset_id::text AS id, state, failure_code AS code FROM claimcheck.runs
          WHERE workflow_id = $1 ORDER BY began_at`,
        [workflowId],
      )
      return runs[place]
    }
    const { id } = await eventually('the run to begin', () => stateOf(0), 60_000)
    await eventually(
      'the run to be published',
      async () =>
        (await claimcheckSessions(bed.database)).find(
          ({ name: shown, waits }) => shown === `claimcheck publish ${id}` && waits === 'relation',
        ),
      60_000,
    )
    await bed.client.workflow.getHandle(workflowId).terminate()
    const next = await bed.start(name, day)
    assert.equal(next.joined, false)
    await eventually(
      'the first to be swept',
      async () => ((await stateOf(0))?.state === 'failed' ? true : undefined),
      60_000,
    )
    await blocker.query('ROLLBACK')
    const { counts } = await next.result()
    assert.deepEqual(await stateOf(0), { id, state: 'failed', code: 'SUPERSEDED' })
    assert.equal((await stateOf(1))?.state, 'published')
    assert.deepEqual(await stagedDatasets(), [])
    assert.equal(counts.rowsUnchanged, 0)
  })

  it('need no secret: none is in the catalog', async () => {
    const tables = await bed.database.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
        WHERE table_schema = 'claimcheck' AND table_type = 'BASE TABLE'`,
    )
    assert.ok(tables.length >= 8)
    for (const each of tables) {
      const found = await bed.database.query(
        `SELECT FROM ${each.name} AS t WHERE strpos(to_json(t)::text, $1) > 0`,
        [secret],
      )
      assert.deepEqual([each.name, found.length], [each.name, 0])
    }
    const [told] = await bed.database.query(
      `SELECT definition #>> '{source,headers,x-token}' AS token FROM claimcheck.pipelines WHERE name = $1`,
      [name],
    )
    assert.deepEqual(told, { token: '${SOURCE_SECRET}' })
  })
})
