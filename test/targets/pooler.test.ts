import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client } from 'pg'
import type { LoadTarget } from '../../activities/load-target.ts'
import { SourceSession } from '../../src/sources/postgres/source-session.ts'
import { SourceHosts } from '../../src/sources/source-hosts.ts'
import { publishName } from '../../src/targets/postgres/load-locks.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { claimcheckSession, noClaimcheckSession } from './support/claimcheck-sessions.ts'
import { column } from './support/column.ts'
import { startPgBouncer } from './support/pgbouncer.ts'
import { flightColumns, flights, sampleLoad } from './support/sample-load.ts'
import { prepareSlowLoads, slowLoad } from './support/slow-load.ts'
import { createTestDatabase } from './support/test-database.ts'

const database = await createTestDatabase()
const pooler = await startPgBouncer(database.url)
after(async () => {
  if ('stop' in pooler) await pooler.stop()
  await database.drop()
})
const skip = 'missing' in pooler ? pooler.missing : false
const urls = 'missing' in pooler ? { transactions: '', statements: '' } : pooler

describe('PostgreSQL behind a transaction pooler', { skip, timeout: 300_000 }, () => {
  let target: LoadTarget
  const open = () => createPostgresTarget({ url: urls.transactions, patienceMs: 200 })

  before(async () => {
    target = open()
    await prepareSlowLoads(database)
  })
  after(() => target.close())

  it('takes loads side by side, and keeps nothing of them in its connections', async () => {
    const others = [target, open(), open()]
    const loads = Array.from({ length: 6 }, (_, index) =>
      sampleLoad('shared', [flights(index * 50, 100, `L${index}`), flights(index, 3)]),
    )
    const outcomes = await Promise.all(
      loads.map((load, index) => load.run(others[index % others.length] ?? target)),
    )
    assert.ok(outcomes.every(({ kind }) => kind === 'published'))
    assert.deepEqual(await database.query('SELECT count(*)::int FROM shared'), [{ count: 350 }])
    const wider = [...flightColumns, column('gate', 'text')]
    const evolving = sampleLoad('shared', [[[1n, 'DY', 1, 'A1']]], wider, {
      request: { evolve: true },
    })
    assert.equal((await evolving.run(target)).kind, 'published')
    await Promise.all(others.slice(1).map((other) => other.close()))
    const plain = await settingsAt(database.url)
    for (let turn = 0; turn < 4; turn += 1) {
      assert.deepEqual(await settingsAt(urls.transactions), plain)
    }
  })

  it('keeps nothing of a source in its connections either', async () => {
    const plain = await settingsAt(database.url)
    const { signal } = new AbortController()
    for (let turn = 0; turn < 4; turn += 1) {
      const session = await openSource(urls.transactions, signal)
      await session.begin('REPEATABLE READ')
      const { rows } = await session.query<{ idle: string }>(
        `SELECT current_setting('tcp_keepalives_idle') AS idle`,
      )
      assert.deepEqual(rows, [{ idle: '30' }])
      await session.query('COMMIT')
      await session.end()
      assert.deepEqual(await settingsAt(urls.transactions), plain)
    }
  })

  const slow = (table: string) => slowLoad(database, target, { table, seconds: 600 })

  it('loads once where an earlier attempt still works in the server', async () => {
    const load = await slow('attempted')
    const earlier = open()
    const first = earlier.publish(load.request)
    first.catch(() => {})
    await claimcheckSession(database, publishName(load.datasetId), 'PgSleep')
    await database.query('DELETE FROM slow')
    const second = await target.publish(load.request)
    assert.ok(second.kind === 'published' && !second.alreadyPublished)
    await assert.rejects(first, { retryable: true })
    const again = await earlier.publish(load.request)
    assert.deepEqual(again, { ...second, alreadyPublished: true })
    await earlier.close()
    assert.deepEqual(await database.query('SELECT count(*)::int FROM attempted'), [{ count: 100 }])
  })

  it('ends in the server what its caller has given up', async () => {
    const load = await slow('given_up')
    const controller = new AbortController()
    const publishing = target.publish({ ...load.request, signal: controller.signal })
    await claimcheckSession(database, publishName(load.datasetId), 'PgSleep')
    controller.abort(new Error('given up'))
    await assert.rejects(publishing, /given up/)
    await noClaimcheckSession(database)
  })

  it('is refused where it pools statements, before anything is touched', async () => {
    const load = sampleLoad('untouched', [flights(1, 1)])
    const other = createPostgresTarget({ url: urls.statements })
    await assert.rejects(other.check(load.request), {
      code: 'TARGET_MISMATCH',
      retryable: false,
      message: /transaction blocks not allowed in statement pooling mode/,
    })
    await other.close()
    const source = await openSource(urls.statements, new AbortController().signal)
    await assert.rejects(source.begin('REPEATABLE READ'), {
      code: 'SOURCE_REFUSED',
      retryable: false,
      message: /transaction blocks not allowed in statement pooling mode/,
    })
    await source.end()
  })

  it('is not asked again where it refuses the URL', async () => {
    const refused: [Partial<URL>, RegExp][] = [
      [{ password: 'wrong' }, /authentication failed/],
      [{ pathname: '/absent' }, /does not exist|no such database/],
      [{ search: '?options=-cwork_mem%3D1MB' }, /unsupported startup parameter/],
    ]
    for (const [change, message] of refused) {
      const url = new URL(urls.transactions)
      Object.assign(url, change)
      const other = createPostgresTarget({ url: url.href })
      const { request } = sampleLoad('untouched', [])
      await assert.rejects(other.check(request), {
        code: 'TARGET_DENIED',
        retryable: false,
        message,
      })
      await other.close()
      await assert.rejects(openSource(url.href, new AbortController().signal), {
        code: 'SOURCE_REFUSED',
        retryable: false,
        message,
      })
    }
  })
})

function openSource(url: string, signal: AbortSignal): Promise<SourceSession> {
  return SourceSession.open({
    url,
    hosts: new SourceHosts(undefined),
    at: { url: 'pooler' },
    signal,
  })
}

/** What whoever comes next finds in a connection. */
async function settingsAt(url: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(
      `SELECT name, setting FROM pg_settings
        WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')
           OR name IN ('TimeZone', 'lock_timeout', 'statement_timeout', 'tcp_keepalives_idle', 'client_connection_check_interval')
        ORDER BY name`,
    )
    return rows
  } finally {
    await client.end()
  }
}
