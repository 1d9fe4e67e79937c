import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { databaseServer } from '../../infra/stack/database-server.ts'
import { eraseStack } from '../../infra/stack/erase-stack.ts'
import { identifyProcess } from '../../infra/stack/process-identity.ts'
import { readStack } from '../../infra/stack/read-stack.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { readState, writeState } from '../../infra/stack/stack-state.ts'
import { type RunningStack, startStack } from '../../infra/stack/start-stack.ts'
import { StackError } from '../../infra/stack-error.ts'
import { runStackProgram } from './support/run-stack-program.ts'
import { stackDirectory } from './support/stack-directory.ts'
import { stackProcesses } from './support/stack-processes.ts'

function isStackError(error: unknown, code: StackError['code']): error is StackError {
  return error instanceof StackError && error.code === code
}

const elsewhereDirectory = mkdtempSync(join(tmpdir(), 'claimcheck-stack-'))
let elsewhere: RunningStack
let environment: Record<string, string>

before(async () => {
  elsewhere = await startStack({
    directory: elsewhereDirectory,
    lifetime: 'attached',
    environment: {},
  })
  const { store, database } = elsewhere.addresses
  environment = {
    CLAIMCHECK_STORE_ENDPOINT: store.endpoint ?? '',
    CLAIMCHECK_STORE_REGION: 'eu-north-1',
    CLAIMCHECK_STORE_ACCESS_KEY_ID: store.credentials?.accessKeyId ?? '',
    CLAIMCHECK_STORE_SECRET_ACCESS_KEY: store.credentials?.secretAccessKey ?? '',
    CLAIMCHECK_DATABASE_URL: database.url,
  }
})

after(async () => {
  await eraseStack(elsewhereDirectory)
  rmSync(elsewhereDirectory, { recursive: true })
})

test('two starts at the same moment make one stack', async (t) => {
  const directory = stackDirectory(t)
  const programs = [1, 2].map(() => runStackProgram(t, { directory, lifetime: 'detached' }))
  const reports = await Promise.all(programs.map(({ ready }) => ready))
  for (const { child } of programs) child.kill()
  assert.equal(reports.filter(({ owned }) => owned).length, 1)
  assert.deepEqual(reports[0]?.addresses, reports[1]?.addresses)
})

test('what a dead stack left behind stops no start, even when its process numbers live on', async (t) => {
  const directory = stackDirectory(t)
  const { state: path } = stackPaths(directory)
  const mine = identifyProcess(process.pid)
  assert.ok(mine)
  const earlier = { pid: mine.pid, startedAt: '1' }
  writeState(path, {
    version: 1,
    phase: 'ready',
    lifetime: 'detached',
    supervisor: earlier,
    guardian: earlier,
    servers: { temporal: earlier },
    ports: { temporal: { grpc: 1 } },
    addresses: {},
  })
  assert.equal(readStack(directory, {}), undefined)
  const stack = await startStack({ directory, lifetime: 'attached', environment })
  assert.equal(stack.owned, true)
  await stack.stop()
})

test('servers that the environment names are used and not started', async (t) => {
  const directory = stackDirectory(t)
  const stack = await startStack({ directory, lifetime: 'attached', environment })
  assert.deepEqual(Object.keys(readState(stackPaths(directory).state)?.servers ?? {}), ['temporal'])
  assert.equal(stack.addresses.database.url, elsewhere.addresses.database.url)
  assert.equal(stack.addresses.store.region, 'eu-north-1')
  const state = readFileSync(stackPaths(directory).state, 'utf8')
  assert.equal(state.includes(elsewhere.addresses.store.credentials?.secretAccessKey ?? ''), false)

  await t.test('a reader without those settings is told which one it lacks', () => {
    assert.throws(
      () => readStack(directory, {}),
      (error) =>
        isStackError(error, 'STACK_SETTING_MISSING') &&
        error.remedy.includes('CLAIMCHECK_STORE_ENDPOINT'),
    )
  })
  await t.test('a start that needs more than the running stack has is refused', async () => {
    await assert.rejects(
      startStack({ directory, lifetime: 'attached', environment: {} }),
      (error) => isStackError(error, 'STACK_DIFFERS'),
    )
  })
  await t.test('when all three are given, nothing is started', async () => {
    const everything = { ...environment, TEMPORAL_ADDRESS: stack.addresses.temporal.address }
    const empty = stackDirectory(t)
    const given = await startStack({
      directory: empty,
      lifetime: 'attached',
      environment: everything,
    })
    assert.equal(given.owned, false)
    assert.deepEqual(stackProcesses(empty), [])
    assert.deepEqual(readStack(empty, everything), given.addresses)
  })
  await stack.stop()
})

test('data that was made with other secrets is told at once, and not waited for', async () => {
  const port = Number(new URL(elsewhere.addresses.database.url).port)
  const lost = { password: 'another', superuserPassword: 'sesame-open' }
  await assert.rejects(
    databaseServer(elsewhereDirectory, lost, () => {}).check({ sql: port }),
    (error) => {
      assert.ok(isStackError(error, 'STACK_SERVER_FAILED'))
      assert.match(`${error.message} ${error.remedy}`, /other secrets.*credentials\.json/)
      return !error.message.includes('sesame')
    },
  )
})

test('a given server that does not answer is named, and its secrets are not', async (t) => {
  const directory = stackDirectory(t)
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  assert.ok(typeof address === 'object' && address)
  silent.close()
  const dead = {
    CLAIMCHECK_DATABASE_URL: `postgresql://me:sesame-open@127.0.0.1:${address.port}/x`,
  }
  await assert.rejects(
    startStack({ directory, lifetime: 'attached', environment: dead }),
    (error) => {
      assert.ok(isStackError(error, 'STACK_SERVER_UNREACHABLE'))
      assert.equal(error.at['server'], 'database')
      assert.match(error.remedy, /CLAIMCHECK_DATABASE_URL/)
      assert.doesNotMatch(`${error.message} ${error.remedy} ${String(error.cause)}`, /sesame/)
      return true
    },
  )
  const malformed = { CLAIMCHECK_DATABASE_URL: 'sesame-open' }
  await assert.rejects(
    startStack({ directory, lifetime: 'attached', environment: malformed }),
    (error) =>
      isStackError(error, 'STACK_SETTING_INVALID') && !error.message.includes('sesame-open'),
  )
})
