import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import type { LoadHandle } from '../../src/client/start-load.ts'
import { eventually } from '../support/eventually.ts'
import type { LoadBed } from '../support/load-bed.ts'
import { createFlightsTable, uniqueName } from '../support/pipeline-fixture.ts'
import { chainOfHistories, failedAttempts } from '../support/run-histories.ts'
import { KillBed } from './support/kill-bed.ts'
import type { Kill } from './support/kill-worker.ts'
import { createPublishGate } from './support/publish-gate.ts'
import { publishingSession, sessionsOf, stagingSession } from './support/server-sessions.ts'

const patienceMs = 60_000

// At the same time: each mostly waits for the server to notice that a worker is gone.
describe('a worker that is killed', { concurrency: 4 }, () => {
  it('loses only the pages in flight when it was fetching, twice over', async (t) => {
    await using killed = await KillBed.open()
    const { bed, pipeline } = killed
    await bed.writeFlights({ name: pipeline, perPage: 250, limits: { batch_bytes: '512KiB' } })
    bed.source.setFaults({ latencyMs: 40 })
    const load = await bed.start(pipeline, '2001-01-01')
    const kills: Kill[] = []
    let pages = 0
    for (let times = 0; times < 2; times += 1) {
      // So many that some have landed.
      pages += 6 + Math.floor(Math.random() * 16)
      await eventually(
        `${pages} pages, and another one that is asked for`,
        async () => {
          const { pagesFetched, pages: asked } = bed.source.stats()
          // Between two batches nothing would be lost.
          const isFetching = Object.values(asked).some(
            ({ requests, completed }) => requests > completed,
          )
          return (pagesFetched >= pages && isFetching) || undefined
        },
        patienceMs,
      )
      t.diagnostic(`killed after ${pages} of 60 pages`)
      kills.push(await killed.killAndReplace())
    }
    await killed.assertLoadedOnce(load, kills)
    assert.ok(kills.every(({ landed }) => landed.size > 0))
    assert.ok((await killed.attempts(load, 'fetchBatch')).some((attempt) => attempt > 1))
  })

  it('loses nothing wherever it is killed, twice over', async (t) => {
    await using killed = await KillBed.open()
    const { bed, pipeline } = killed
    await bed.writeFlights({ name: pipeline, perPage: 500, limits: { batch_bytes: '200KiB' } })
    const load = await bed.start(pipeline, '2001-01-01')
    const kills: Kill[] = []
    // The whole load takes about 150 events, in several batches that overlap.
    let events = 0
    for (let times = 0; times < 2; times += 1) {
      events += 15 + Math.floor(Math.random() * 45)
      await eventually(`${events} events`, async () => hasReached(bed, load, events), patienceMs)
      t.diagnostic(`killed after ${events} events`)
      kills.push(await killed.killAndReplace())
    }
    await killed.assertLoadedOnce(load, kills)
  })

  it('hands over what it was doing when it is ended in good order', async () => {
    await using killed = await KillBed.open()
    const { bed, pipeline } = killed
    await bed.writeFlights({ name: pipeline, perPage: 250 })
    // The walk is longer than the worker is given to finish.
    bed.source.setFaults({ latencyMs: 500 })
    const load = await bed.start(pipeline, '2001-01-01')
    await eventually(
      'a few pages',
      async () => (bed.source.stats().pagesFetched >= 5 ? true : undefined),
      patienceMs,
    )
    const ending = await killed.killAndReplace('stop')
    bed.source.setFaults({})
    await killed.assertLoadedOnce(load, [ending])
    assert.deepEqual(await killed.attempts(load, 'fetchBatch'), [2])
    // Of no timeout: it was given back.
    const histories = await chainOfHistories(bed.client, load.workflowId, load.runId)
    assert.deepEqual(failedAttempts(histories), [
      'Worker is shutting down and this activity did not complete in time',
    ])
  })

  it('starts a conversion anew from what was landed', async () => {
    await using killed = await KillBed.open()
    const { bed, pipeline } = killed
    await bed.writeFlights({ name: pipeline, perPage: 10_000 })
    const load = await bed.start(pipeline, '2001-01-01..2001-01-07')
    const kills: Kill[] = []
    for (const file of [recordsFiles, 'part.parquet']) {
      await eventually(
        `the conversion's ${file}`,
        async () => (isConverting(killed.worker.disk, file) ? true : undefined),
        patienceMs,
      )
      kills.push(await killed.killAndReplace())
    }
    await killed.assertLoadedOnce(load, kills, { since: '2001-01-01', until: '2001-01-08' })
    const [attempt = 0] = await killed.attempts(load, 'convertBatch')
    assert.ok(attempt > 1)
    assert.equal(bed.source.stats().pagesRefetched, 0)
  })

  it('stages a part once that it was copying', async () => {
    await using killed = await KillBed.open()
    const { bed, pipeline } = killed
    const target = await createFlightsTable(bed.database, pipeline)
    // Into one that never had rows nothing is staged.
    await bed.database.query(`INSERT INTO ${target} (id) VALUES (1); DELETE FROM ${target}`)
    await bed.writeFlights({ name: pipeline, limits: { batch_bytes: '400KiB' } })
    bed.source.setFaults({ latencyMs: 100 })
    const load = await bed.start(pipeline, '2001-01-01')
    const table = await eventually(
      'a staging table',
      async () => {
        const [found] = await bed.database.query<{ name: string }>(
          `SELECT schemaname || '.' || tablename AS name FROM pg_tables
            WHERE schemaname = 'claimcheck_staging'`,
        )
        return found?.name
      },
      patienceMs,
    )
    const locker = await bed.database.connect()
    await locker.query(`BEGIN; LOCK TABLE ${table}`)
    await stagingSession(bed.database, { waitsFor: 'relation', runs: 'COPY' })
    const kill = await killed.killAndReplace()
    await locker.query('ROLLBACK')
    await killed.assertLoadedOnce(load, [kill])
    assert.ok((await killed.attempts(load, 'stageBatch')).some((attempt) => attempt > 1))
  })

  it('publishes once when it had only begun to', async () => {
    await using killed = await KillBed.open()
    const { bed, pipeline } = killed
    const table = await createFlightsTable(bed.database, pipeline)
    await bed.writeFlights({ name: pipeline })
    const locker = await bed.database.connect()
    await locker.query(`BEGIN; LOCK TABLE ${table}`)
    const load = await bed.start(pipeline, '2001-01-01')
    await publishingSession(bed.database, { waitsFor: 'relation', runs: 'LOCK' })
    const kill = await killed.killAndReplace()
    await locker.query('ROLLBACK')
    await killed.assertLoadedOnce(load, [kill])
    assert.deepEqual(await killed.attempts(load, 'publishLoad'), [2])
  })

  it('publishes once when the server still runs the statement of the dead', async () => {
    await using killed = await KillBed.open()
    const { bed, pipeline } = killed
    const table = await createFlightsTable(bed.database, pipeline)
    await bed.writeFlights({ name: pipeline })
    const gate = await createPublishGate(bed.database)
    await gate.installAt(table, 'statement')
    await gate.close()
    const load = await bed.start(pipeline, '2001-01-01')
    const dead = await publishingSession(bed.database, { waitsFor: 'advisory', runs: 'INSERT' })
    const kill = await killed.kill()
    const [orphan] = await sessionsOf(bed.database)
    assert.equal(orphan?.pid, dead.pid, 'the server still runs it')
    await killed.replace()
    const successor = await eventually(
      'the next attempt to end it and take its place',
      async () =>
        (await sessionsOf(bed.database)).find(
          ({ pid, waits }) => pid !== dead.pid && waits === 'advisory',
        ),
      patienceMs,
    )
    assert.equal(successor.name, dead.name)
    await gate.open()
    await killed.assertLoadedOnce(load, [kill])
    assert.deepEqual(await killed.attempts(load, 'publishLoad'), [2])
  })

  it('publishes once when the server commits for the dead', async () => {
    await using killed = await KillBed.open()
    const { bed, pipeline } = killed
    // The first load of a database makes the catalog, which gets the trigger.
    const first = uniqueName('first')
    await bed.writeFlights({ name: first })
    await (await bed.start(first, '2001-01-01T06')).result()
    bed.source.resetStats()
    await bed.writeFlights({ name: pipeline })
    const gate = await createPublishGate(bed.database)
    await gate.installAt('claimcheck.loads', 'commit')
    await gate.close()
    const load = await bed.start(pipeline, '2001-01-01')
    await publishingSession(bed.database, { waitsFor: 'advisory', runs: 'COMMIT' })
    const kill = await killed.kill()
    await gate.open()
    const loadRows = () =>
      bed.database.query<{ transaction: string }>(
        'SELECT xmin::text AS transaction FROM claimcheck.loads WHERE pipeline = $1',
        [pipeline],
      )
    const published = await eventually('the load row', async () => {
      const rows = await loadRows()
      return rows.length > 0 ? rows : undefined
    })
    await killed.replace()
    await killed.assertLoadedOnce(load, [kill])
    assert.deepEqual(await loadRows(), published, 'the row is the one of the dead')
    assert.deepEqual(await killed.attempts(load, 'publishLoad'), [2])
  })
})

/** What a conversion writes first, and staging does not. */
const recordsFiles = 'records*.json'

/** Whether a conversion has come as far as to write such a file. */
function isConverting(disk: string, files: string): boolean {
  const foldersWith = (pattern: string): string[] =>
    globSync(`*/${pattern}`, { cwd: disk }).map(dirname)
  const converting = new Set(foldersWith(recordsFiles))
  return foldersWith(files).some((folder) => converting.has(folder))
}

async function hasReached(
  { client }: LoadBed,
  load: LoadHandle,
  events: number,
): Promise<true | undefined> {
  const { historyLength, status } = await client.workflow.getHandle(load.workflowId).describe()
  return historyLength >= events || status.name !== 'RUNNING' ? true : undefined
}
