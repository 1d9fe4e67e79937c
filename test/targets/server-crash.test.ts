import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eraseStack } from '../../infra/stack/erase-stack.ts'
import { readCredentials } from '../../infra/stack/stack-credentials.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { startStack } from '../../infra/stack/start-stack.ts'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { eventually } from '../support/eventually.ts'
import { flights, sampleLoad } from './support/sample-load.ts'
import { createTestDatabase } from './support/test-database.ts'

describe('staging in a server that crashes', { timeout: 300_000 }, () => {
  let directory: string
  let serverUrl: URL

  // A server of its own: a crash ends the sessions of everybody who uses it.
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'claimcheck-crash-'))
    const { CLAIMCHECK_DATABASE_URL: _, ...environment } = process.env
    const { addresses } = await startStack({ directory, lifetime: 'attached', environment })
    serverUrl = new URL(addresses.database.url)
    serverUrl.username = 'postgres'
    const { database } = readCredentials(stackPaths(directory).credentials) ?? assert.fail()
    serverUrl.password = database.superuserPassword
  })
  after(async () => {
    await eraseStack(directory)
    await rm(directory, { recursive: true, force: true })
  })

  it('notices that staging was emptied, and loads each row once after it was filled again', async () => {
    const database = await createTestDatabase(serverUrl.href)
    const target = createPostgresTarget({ url: database.url })
    const load = sampleLoad('crashed', [flights(1, 100), flights(101, 100)])
    await target.check(load.request)
    await load.stage(target)
    const [backend] = await (
      await database.connect()
    )
      .query('SELECT pg_backend_pid() AS pid')
      .then(({ rows }: { rows: { pid: number }[] }) => rows)
    assert.ok(backend)
    // The server takes the loss of any session by SIGKILL for a crash, and recovers.
    process.kill(backend.pid, 'SIGKILL')
    await eventually('another session to be ended by the crash', () =>
      database.query('SELECT').then(
        () => undefined,
        () => true,
      ),
    )
    const outcome = await eventually('the server to recover', () =>
      target.publish(load.request).catch((error: { retryable: boolean }) => {
        assert.equal(error.retryable, true)
        return undefined
      }),
    )
    assert.deepEqual(outcome, { kind: 'staging-incomplete', missingParts: [0, 1] })
    await load.stage(target)
    const published = await target.publish(load.request)
    assert.equal(published.kind, 'published')
    assert.equal(published.counts.rowsInserted, 200)
    await target.close()
  })
})
