import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import { datasetLock, publishName, tableLock } from '../../src/targets/postgres/load-locks.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { claimcheckSession, claimcheckSessions } from './support/claimcheck-sessions.ts'
import { flights, sampleLoad, type SampleLoad } from './support/sample-load.ts'
import { prepareSlowLoads, slowLoad } from './support/slow-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const CHILD = fileURLToPath(new URL('support/publish-child.ts', import.meta.url))

describe('publishing while an earlier attempt is still at it', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url, patienceMs: 200, waitMs: 1500 })
    await prepareSlowLoads(database)
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  /** For whoever comes first. */
  const slow = (table: string) => slowLoad(database, target, { table, seconds: 30 })

  for (const kill of ['SIGKILL', 'SIGSTOP'] as const) {
    it(`ends the merge of a worker that got ${kill}, and loads each row once`, async () => {
      const load = await slow(`loaded_${kill.toLowerCase()}`)
      const child = spawn(process.execPath, [CHILD, JSON.stringify(load.request)], {
        env: { ...process.env, CLAIMCHECK_DATABASE_URL: database.url },
        stdio: 'inherit',
      })
      try {
        const merging = await claimcheckSession(database, publishName(load.datasetId), 'PgSleep')
        child.kill(kill)
        await database.query('DELETE FROM slow')
        const outcome = await target.publish(load.request)
        assert.equal(outcome.kind, 'published')
        assert.equal(outcome.alreadyPublished, false)
        assert.equal(outcome.counts.rowsInserted, 100)
        const sessions = await claimcheckSessions(database)
        assert.ok(!sessions.some(({ pid }) => pid === merging.pid))
      } finally {
        child.kill('SIGKILL')
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      }
      await assertLoadedOnce(load)
    })
  }

  it('ends an attempt that sits in its transaction with the rows already written', async () => {
    const load = sampleLoad('zombie', [flights(1, 100)])
    await target.check(load.request)
    await load.stage(target)
    await database.query('CREATE TABLE zombie (id bigint PRIMARY KEY, carrier text, delay integer)')
    const zombie = await database.connect()
    await zombie.query(`BEGIN; SET LOCAL application_name = '${publishName(load.datasetId)}'`)
    for (const { key } of [datasetLock(load.datasetId, 'alone'), tableLock(load.request.target)]) {
      await zombie.query('SELECT pg_advisory_xact_lock($1::bigint)', [key.toString()])
    }
    await zombie.query(`INSERT INTO zombie SELECT g, 'zz', 0 FROM generate_series(1, 200) g`)
    const outcome = await target.publish(load.request)
    assert.equal(outcome.kind, 'published')
    await assert.rejects(zombie.query('COMMIT'))
    await assertLoadedOnce(load)
  })

  it('finds the load done when the earlier attempt commits in time', async () => {
    const load = await slow('in_time')
    await database.query('UPDATE slow SET seconds = 1')
    const patient = createPostgresTarget({ url: database.url, patienceMs: 20_000, waitMs: 20_000 })
    const first = target.publish(load.request)
    await claimcheckSession(database, publishName(load.datasetId), 'PgSleep')
    const second = await patient.publish(load.request)
    await patient.close()
    assert.deepEqual(second, { ...(await first), alreadyPublished: true })
    await assertLoadedOnce(load)
  })

  it('waits for the load of another dataset and ends nothing of it', async () => {
    const other = await slow('busy')
    const load = sampleLoad('busy', [flights(1000, 10)])
    await load.stage(target)
    const loading = target.publish(other.request)
    loading.catch(() => {})
    const { pid } = await claimcheckSession(database, publishName(other.datasetId), 'PgSleep')
    await assert.rejects(target.publish(load.request), {
      code: 'TARGET_BUSY',
      retryable: true,
      message: new RegExp(`publish ${other.datasetId}" \\(pid ${pid}\\)`),
    })
    assert.equal((await claimcheckSession(database, publishName(other.datasetId))).pid, pid)
    await database.query('SELECT pg_terminate_backend($1)', [pid])
    await assert.rejects(loading, { code: 'TARGET_FAILED', retryable: true })
  })

  it('cancels the merge when the signal aborts', async () => {
    const load = await slow('aborted')
    const controller = new AbortController()
    const publishing = target.publish({ ...load.request, signal: controller.signal })
    const { pid } = await claimcheckSession(database, publishName(load.datasetId), 'PgSleep')
    controller.abort(new Error('cancelled'))
    await assert.rejects(publishing, /cancelled/)
    await database.query('DELETE FROM slow')
    assert.equal((await target.publish(load.request)).kind, 'published')
    assert.ok(!(await claimcheckSessions(database)).some((session) => session.pid === pid))
    await assertLoadedOnce(load)
  })

  async function assertLoadedOnce({ request }: SampleLoad): Promise<void> {
    const [row] = await database.query(
      `SELECT count(*)::int AS rows, count(*) FILTER (WHERE carrier = 'DY')::int AS ours FROM ${request.target.table}`,
    )
    assert.deepEqual(row, { rows: 100, ours: 100 })
    const loads = await database.query('SELECT FROM claimcheck.loads WHERE dataset_id = $1', [
      request.datasetId,
    ])
    assert.equal(loads.length, 1)
  }
})
