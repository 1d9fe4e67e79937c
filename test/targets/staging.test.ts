import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import type { LoadTarget } from '../../activities/load-target.ts'
import type { PartChunk } from '../../activities/part-chunk.ts'
import { advisoryLock } from '../../src/targets/postgres/advisory-lock.ts'
import { stageName } from '../../src/targets/postgres/load-locks.ts'
import type { StagePartRequest } from '../../src/targets/postgres/postgres-requests.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { stagingTable } from '../../src/targets/postgres/staging-table.ts'
import { claimcheckSession, noClaimcheckSession } from './support/claimcheck-sessions.ts'
import { partChunkOf } from './support/part-chunk-of.ts'
import { flightColumns, flights, sampleLoad, type SampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

describe('staging parts', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url, maxConnections: 8, patienceMs: 200 })
    await target.check(sampleLoad('any', []).request)
  })
  after(async () => {
    await target.close()
    await database.drop()
  })

  const stagedIn = async ({ datasetId }: SampleLoad) =>
    (
      await database.query<{ count: number }>(
        `SELECT count(*)::int FROM ${stagingTable(datasetId)}`,
      )
    )[0]?.count

  it('stages parts of a new dataset side by side', async () => {
    const load = sampleLoad(
      't',
      Array.from({ length: 8 }, (_, part) => flights(part * 100, 100)),
    )
    const { promise: allUnderWay, resolve } = Promise.withResolvers<void>()
    let underWay = 0
    async function* whenAllAre({ chunks }: StagePartRequest): AsyncGenerator<PartChunk> {
      underWay += 1
      if (underWay === load.request.parts.length) resolve()
      await allUnderWay
      yield* chunks
    }
    await Promise.all(
      load.request.parts.map(({ partNumber }) => {
        const part = load.part(partNumber)
        return target.stagePart({ ...part, chunks: whenAllAre(part) })
      }),
    )
    assert.equal(await stagedIn(load), 800)
  })

  it('leaves a part that is staged as it is', async () => {
    const load = sampleLoad('t', [flights(1, 10)])
    await load.stage(target)
    await load.stage(target)
    assert.equal(await stagedIn(load), 10)
  })

  it('stages a part once when two attempts stage it at the same time', async () => {
    const load = sampleLoad('t', [flights(1, 5000)])
    const results = await Promise.allSettled([
      target.stagePart(load.part(0)),
      target.stagePart(load.part(0)),
      target.stagePart(load.part(0)),
    ])
    assert.ok(results.some(({ status }) => status === 'fulfilled'))
    assert.equal(await stagedIn(load), 5000)
  })

  it('refuses a part that holds fewer or more rows than it is known to', async () => {
    for (const rowCount of [9, 11]) {
      const load = sampleLoad('t', [flights(1, 10)])
      await assert.rejects(target.stagePart({ ...load.part(0), rowCount }), { code: 'ROWS_LOST' })
      await noClaimcheckSession(database)
      assert.equal(await stagedIn(load), 0)
      await load.stage(target)
      assert.equal(await stagedIn(load), 10)
    }
  })

  it('passes on the error of a part that cannot be read, at once, and keeps nothing', async () => {
    const load = sampleLoad('t', [flights(1, 3000)])
    const broken = new Error('the store is gone')
    async function* chunks() {
      yield partChunkOf(flightColumns, flights(1, 2000))
      throw broken
    }
    await assert.rejects(target.stagePart({ ...load.part(0), chunks: chunks() }), broken)
    await noClaimcheckSession(database)
    assert.equal(await stagedIn(load), 0)
  })

  it('refuses NULL in the key without telling any value', async () => {
    const load = sampleLoad('t', [
      [
        [1n, 'secret-carrier', 1],
        [null, 'secret-carrier', 2],
      ],
    ])
    await assert.rejects(target.stagePart(load.part(0)), (error: Error) => {
      assert.match(inspect(error), /TARGET_MISMATCH/)
      assert.match(inspect(error), /23502/)
      assert.doesNotMatch(inspect(error), /secret/)
      assert.equal(error.cause, undefined)
      return true
    })
  })

  it('frees its session when the signal aborts in the middle of a part', async () => {
    const load = sampleLoad('t', [flights(1, 5000)])
    const controller = new AbortController()
    const reason = new Error('the activity was cancelled')
    const staging = target.stagePart({
      ...load.part(0, controller.signal),
      chunks: endless(partChunkOf(flightColumns, flights(1, 2000))),
    })
    await claimcheckSession(database, stageName(load.datasetId, 0), 'ClientRead')
    controller.abort(reason)
    await assert.rejects(staging, reason)
    await noClaimcheckSession(database)
    await load.stage(target)
    assert.equal(await stagedIn(load), 5000)
  })

  it('does not start once the signal has aborted', async () => {
    const load = sampleLoad('t', [flights(1, 1)])
    const reason = new Error('cancelled')
    await assert.rejects(target.stagePart(load.part(0, AbortSignal.abort(reason))), reason)
  })

  it('gives a retryable error with the first cause when its session is ended', async () => {
    const load = sampleLoad('t', [flights(1, 5000)])
    const staging = target.stagePart({
      ...load.part(0),
      chunks: endless(partChunkOf(flightColumns, flights(1, 2000))),
    })
    const expected = { code: 'TARGET_FAILED', retryable: true, message: /57P01/ }
    const ended = assert.rejects(staging, expected)
    const { pid } = await claimcheckSession(database, stageName(load.datasetId, 0), 'ClientRead')
    await database.query('SELECT pg_terminate_backend($1)', [pid])
    await ended
    await load.stage(target)
    assert.equal(await stagedIn(load), 5000)
  })

  it('ends an earlier attempt that hangs in the middle of the part', async () => {
    const load = sampleLoad('t', [flights(1, 5000)])
    const hanging = target.stagePart({
      ...load.part(0),
      chunks: endless(partChunkOf(flightColumns, flights(1, 2000))),
    })
    const ended = assert.rejects(hanging, { code: 'TARGET_FAILED', retryable: true })
    await claimcheckSession(database, stageName(load.datasetId, 0), 'ClientRead')
    await load.stage(target)
    await ended
    assert.equal(await stagedIn(load), 5000)
  })

  it('removes everything of a dataset that is discarded, once or twice', async () => {
    const load = sampleLoad('t', [flights(1, 10)])
    await load.stage(target)
    await target.discard(load.request)
    await target.discard(load.request)
    const [left] = await database.query(
      `SELECT to_regclass($2) AS table, (SELECT count(*)::int FROM claimcheck.staged_parts WHERE dataset_id = $1) AS parts`,
      [load.datasetId, stagingTable(load.datasetId)],
    )
    assert.deepEqual(left, { table: null, parts: 0 })
  })

  it('leaves nothing of an attempt that is still at its beginning when the dataset is published', async () => {
    const load = sampleLoad('overtaken', [flights(1, 10)])
    const { key } = advisoryLock(['make staging', load.datasetId])
    const gate = await database.connect()
    await gate.query('SELECT pg_advisory_lock($1)', [key.toString()])
    const late = target.stagePart(load.part(0)).catch(() => {})
    await claimcheckSession(database, stageName(load.datasetId, 0), 'advisory')
    const outcome = await target.publish({ ...load.request, parts: [] })
    assert.equal(outcome.kind, 'published')
    await gate.query('SELECT pg_advisory_unlock($1)', [key.toString()])
    await late
    const [left] = await database.query('SELECT to_regclass($1) AS table', [
      stagingTable(load.datasetId),
    ])
    assert.deepEqual(left, { table: null })
  })

  it('tells which parts are missing when a dataset is published too early', async () => {
    const load = sampleLoad('early', [flights(1, 10), flights(11, 10), flights(21, 10)])
    await target.stagePart(load.part(1))
    assert.deepEqual(await target.publish(load.request), {
      kind: 'staging-incomplete',
      missingParts: [0, 2],
    })
    await restageAndPublish(load, [0, 2])
  })

  it('asks again for parts whose rows, or whose records, are gone', async () => {
    const spoils = [
      (table: string) => `DELETE FROM ${table} WHERE _position < 5`,
      (table: string) => `DROP TABLE ${table}`,
      (table: string) => `TRUNCATE ${table}`,
      () => `DELETE FROM claimcheck.staged_parts`,
    ]
    for (const [index, spoil] of spoils.entries()) {
      const load = sampleLoad(`spoilt${index}`, [flights(1, 10), flights(11, 10)])
      await load.stage(target)
      await database.query(spoil(stagingTable(load.datasetId)))
      const outcome = await target.publish(load.request)
      assert.equal(outcome.kind, 'staging-incomplete')
      assert.deepEqual(outcome.missingParts, index === 0 ? [0] : [0, 1])
      await restageAndPublish(load, outcome.missingParts)
    }
  })

  async function restageAndPublish(load: SampleLoad, parts: readonly number[]) {
    for (const part of parts) await target.stagePart(load.part(part))
    const outcome = await target.publish(load.request)
    assert.equal(outcome.kind, 'published')
    const rows = load.request.parts.reduce((sum, { rowCount }) => sum + rowCount, 0)
    assert.equal(outcome.counts.rowsInserted, rows)
  }
})

/** A part that gives one chunk and then nothing more, nor its end. */
async function* endless(chunk: PartChunk): AsyncGenerator<PartChunk> {
  yield chunk
  await new Promise(() => {})
}
