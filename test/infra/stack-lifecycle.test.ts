import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'

import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Client as TemporalClient, Connection } from '@temporalio/client'
import { Client as DatabaseClient } from 'pg'

import { readStack } from '../../infra/stack/read-stack.ts'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { readState } from '../../infra/stack/stack-state.ts'
import { startStack } from '../../infra/stack/start-stack.ts'
import { stopStack } from '../../infra/stack/stop-stack.ts'
import { listeningAddresses } from './support/listening-addresses.ts'
import { stackDirectory } from './support/stack-directory.ts'
import { stackProcesses, survivors } from './support/stack-processes.ts'

const environment = {}

test('a stack starts, is found again, listens on loopback only, keeps its secrets, and keeps its data over a restart', async (t) => {
  const directory = stackDirectory(t)
  const paths = stackPaths(directory)
  assert.equal(readStack(directory, environment), undefined)
  const steps: string[] = []
  const first = await startStack({
    directory,
    lifetime: 'attached',
    environment,
    onProgress: (text) => steps.push(text),
  })
  assert.equal(first.owned, true)
  assert.equal(steps.length, 3)
  assert.deepEqual(readStack(directory, environment), first.addresses)

  await t.test('a second start uses the same stack, and its stop leaves it alone', async () => {
    const second = await startStack({ directory, lifetime: 'attached', environment })
    assert.equal(second.owned, false)
    assert.deepEqual(second.addresses, first.addresses)
    await second.stop()
    assert.deepEqual(readStack(directory, environment), first.addresses)
  })

  await t.test('nothing listens on any address but loopback', (step) => {
    if (process.platform !== 'linux') return step.skip('reads /proc')
    const servers = Object.entries(readState(paths.state)?.servers ?? {})
    assert.equal(servers.length, 3)
    for (const [name, { pid }] of servers) {
      const addresses = listeningAddresses(pid)
      assert.notEqual(addresses.length, 0, name)
      assert.deepEqual(
        addresses.filter((address) => !address.startsWith('127.0.0.1:')),
        [],
        name,
      )
    }
  })

  await t.test(
    'the secrets are random, for the owner only, and not in the state or the logs',
    () => {
      assert.equal(statSync(paths.credentials).mode & 0o777, 0o600)
      const secrets = secretsIn(first.addresses)
      const texts = [paths.state, ...['supervisor', 'temporal', 'store', 'database'].map(logOf)]
      for (const text of texts.map((path) => readFileSync(path, 'utf8'))) {
        for (const secret of secrets) assert.equal(text.includes(secret), false)
      }
      const commands = stackProcesses(directory).map(({ pid }) => commandLine(pid))
      for (const secret of secrets) assert.equal(commands.join('\n').includes(secret), false)
      function logOf(writer: string): string {
        return `${paths.logs}/${writer}.log`
      }
    },
  )

  await writeEverywhere(first.addresses)
  const processes = stackProcesses(directory)
  await first.stop()
  assert.deepEqual(await survivors(processes, 0), [])
  assert.equal(readStack(directory, environment), undefined)

  // Another program sits on a port of the last start, so the store must move.
  const port = Number(new URL(first.addresses.store.endpoint ?? '').port)
  const squatter = createServer().listen(port, '127.0.0.1')
  t.after(() => squatter.close())
  await once(squatter, 'listening')
  const again = await startStack({ directory, lifetime: 'detached', environment })
  assert.equal(again.owned, true)
  assert.equal(again.addresses.temporal.address, first.addresses.temporal.address)
  assert.deepEqual(again.addresses.database, first.addresses.database)
  assert.deepEqual(again.addresses.store.credentials, first.addresses.store.credentials)
  assert.notEqual(again.addresses.store.endpoint, first.addresses.store.endpoint)
  await readEverywhere(again.addresses)
  const detached = stackProcesses(directory)
  assert.equal(await stopStack(directory), true)
  assert.equal(await stopStack(directory), false)
  assert.deepEqual(await survivors(detached, 0), [])
})

function secretsIn({ store, database }: StackAddresses): string[] {
  return [store.credentials?.secretAccessKey ?? '', new URL(database.url).password].filter(
    (secret) => secret.length >= 32,
  )
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

const workflowId = 'kept-over-a-restart'
const object = { Bucket: 'claimcheck', Key: 'kept/over a restart' }

async function writeEverywhere(addresses: StackAddresses): Promise<void> {
  assert.equal(secretsIn(addresses).length, 2)
  await withServers(addresses, async ({ database, store, temporal }) => {
    await database.query(`CREATE TABLE kept AS SELECT 'rows' AS what`)
    await store.send(new PutObjectCommand({ ...object, Body: 'bytes' }))
    await temporal.workflow.start('nobodyWorksOnIt', { workflowId, taskQueue: 'nobody' })
  })
}

async function readEverywhere(addresses: StackAddresses): Promise<void> {
  await withServers(addresses, async ({ database, store, temporal }) => {
    assert.deepEqual((await database.query('SELECT what FROM kept')).rows, [{ what: 'rows' }])
    const { Body } = await store.send(new GetObjectCommand(object))
    assert.equal(await Body?.transformToString(), 'bytes')
    const { status } = await temporal.workflow.getHandle(workflowId).describe()
    assert.equal(status.name, 'RUNNING')
  })
}

interface Servers {
  readonly database: DatabaseClient
  readonly store: S3Client
  readonly temporal: TemporalClient
}

async function withServers(
  { temporal, store, database }: StackAddresses,
  use: (servers: Servers) => Promise<void>,
): Promise<void> {
  const connection = await Connection.connect({ address: temporal.address })
  const client = new DatabaseClient({ connectionString: database.url })
  const { endpoint = '', region, credentials } = store
  assert.ok(credentials)
  const s3 = new S3Client({
    endpoint,
    region,
    // A copy: the SDK writes into what it is given.
    credentials: { ...credentials },
    forcePathStyle: true,
  })
  try {
    await client.connect()
    await use({ database: client, store: s3, temporal: new TemporalClient({ connection }) })
  } finally {
    s3.destroy()
    await client.end()
    await connection.close()
  }
}
