import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { LoadTarget } from '../../activities/load-target.ts'
import { withCatalog } from '../../src/targets/postgres/open-catalog.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const migrations = 'infra/migrations'

describe('a catalog of the version before this one', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let directory: string
  let older: LoadTarget
  let newer: LoadTarget

  before(async () => {
    database = await createTestDatabase()
    directory = await mkdtemp(join(tmpdir(), 'claimcheck-test-migrations-'))
    const files = (await readdir(migrations)).toSorted().slice(0, -1)
    for (const file of files) await copyFile(join(migrations, file), join(directory, file))
    older = createPostgresTarget({ url: database.url, migrationsDirectory: directory })
    newer = createPostgresTarget({ url: database.url })
  })
  after(async () => {
    await Promise.all([older?.close(), newer?.close()])
    await database?.drop()
    await rm(directory, { recursive: true, force: true })
  })

  it('is told from one of today, and brought up to date by what an older worker has begun and a newer one ends', async () => {
    const signal = AbortSignal.timeout(300_000)
    const look = () => withCatalog(database.url, signal, () => Promise.resolve('of today'))
    const begun = sampleLoad('begun', [flights(1, 2)])
    await older.check(begun.request)
    await begun.stage(older)
    await assert.rejects(look(), { code: 'CATALOG_OUTDATED' })
    assert.equal((await newer.publish(begun.request)).kind, 'published')
    assert.equal(await look(), 'of today')
    const beside = sampleLoad('beside', [flights(1, 2)])
    assert.equal((await beside.run(older)).kind, 'published')
  })
})

describe('a catalog that somebody has changed', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let target: LoadTarget

  beforeEach(async () => {
    database = await createTestDatabase()
    target = createPostgresTarget({ url: database.url })
    await sampleLoad('kept', [flights(1, 2)]).run(target)
  })
  afterEach(async () => {
    await target.close()
    await database.drop()
  })

  const next = () => sampleLoad('kept', [flights(2, 2, 'SK')])
  const rows = () => database.query('SELECT count(*)::int, min(carrier), max(carrier) FROM kept')
  const untouched = [{ count: 2, min: 'DY', max: 'DY' }]

  it('is told at once, with what is not there, and the table stays', async () => {
    // What is found first comes last.
    const changes: readonly (readonly [string, RegExp])[] = [
      ['DROP TABLE claimcheck.runs CASCADE', /relation "claimcheck.runs" does not exist/],
      ['DROP SCHEMA claimcheck_staging CASCADE', /schema "claimcheck_staging" does not exist/],
      ['DROP TABLE claimcheck.migrations', /relation "loads" already exists/],
    ]
    for (const [change, message] of changes) {
      await database.query(change)
      await assert.rejects(next().run(target), { code: 'TARGET_FAILED', retryable: false, message })
      assert.deepEqual(await rows(), untouched)
    }
  })

  it('is told where the row of a load would be kept out: it would be loaded a second time', async () => {
    await database.query(
      `CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
       CREATE TRIGGER t BEFORE INSERT ON claimcheck.loads FOR EACH ROW EXECUTE FUNCTION keep_out()`,
    )
    await assert.rejects(next().run(target), { code: 'ROWS_LOST', message: /in claimcheck.loads/ })
    assert.deepEqual(await rows(), untouched)
  })
})
