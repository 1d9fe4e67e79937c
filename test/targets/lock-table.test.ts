import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { lockTable } from '../../src/targets/postgres/lock-table.ts'
import { openSessions, type Sessions } from '../../src/targets/postgres/sessions.ts'
import { eventually } from '../support/eventually.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

describe('the lock of a table', { timeout: 300_000 }, () => {
  let database: TestDatabase
  let sessions: Sessions

  before(async () => {
    database = await createTestDatabase()
    sessions = openSessions({ url: database.url, maxConnections: 1, connectTimeoutMs: 10_000 })
  })
  after(async () => {
    await sessions.close()
    await database.drop()
  })

  const whenWaiting = (statement: string) =>
    eventually(`${statement} to wait`, async () => {
      const waiting = await database.query<{ snapshot: string | null }>(
        `SELECT backend_xmin::text AS snapshot FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND starts_with(query, $1)`,
        [statement],
      )
      return waiting[0]
    })

  it('is waited for without anything that the building of an index would wait for', async () => {
    await database.query('CREATE TABLE "Built" (id bigint PRIMARY KEY)')
    const [writer, owner] = [await database.connect(), await database.connect()]
    await writer.query('BEGIN; INSERT INTO "Built" VALUES (1)')
    const building = owner.query('CREATE INDEX CONCURRENTLY built_again ON "Built" (id)')
    await whenWaiting('CREATE INDEX')
    const target = { schema: 'public', table: 'Built' }
    const signal = AbortSignal.timeout(300_000)
    building.catch(() => {})
    const locking = sessions.transaction('claimcheck publish', signal, async (session) => {
      await session.query('SELECT $1::text', ['as all that comes before'])
      await lockTable(session, target, 'SHARE ROW EXCLUSIVE')
    })
    locking.catch(() => {})
    const waiting = await whenWaiting('LOCK TABLE')
    await writer.query('ROLLBACK')
    assert.deepEqual(waiting, { snapshot: null })
    await Promise.all([building, locking])
    const made = await database.query(
      `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'built_again'::regclass`,
    )
    assert.deepEqual(made, [{ valid: true }])
  })
})
