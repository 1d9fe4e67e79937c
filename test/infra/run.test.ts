import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { z } from 'zod'

import { shelterPath } from '../../infra/stack/obtain-shelter.ts'
import { identifyProcess } from '../../infra/stack/process-identity.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import { eventually } from '../support/eventually.ts'
import { environmentWithoutServers } from './support/run-stack-program.ts'
import { stackProcesses, survivors } from './support/stack-processes.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const waiting = fileURLToPath(new URL('./support/waiting-test.ts', import.meta.url))
const pids = z.array(z.number())

test('a run of the tests that is ended takes servers, tests and folders with it', async (t) => {
  // Its folders lie where it is begun.
  const place = mkdtempSync(join(tmpdir(), 'claimcheck-run-'))
  t.after(() => rmSync(place, { recursive: true, force: true }))
  symlinkSync(join(checkout, 'test'), join(place, 'test'))
  const told = join(place, 'told')
  const child = spawn(process.execPath, ['test/run.ts', relative(checkout, waiting)], {
    cwd: place,
    env: { ...environmentWithoutServers(), CLAIMCHECK_TEST_WAITING: told },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const tests = await eventually('the test to wait', async () => {
    const text = existsSync(told) ? await readFile(told, 'utf8') : ''
    return text === '' ? undefined : pids.parse(JSON.parse(text))
  })
  const [directory = ''] = globSync(join(place, '.claimcheck', 'test-*'))
  const shelter = shelterPath(stackPaths(directory).data)
  const servers = stackProcesses(directory)
  // Supervisor, guardian, three servers and at least three processes of PostgreSQL's own.
  assert.ok(servers.length >= 8)
  const processes = [...servers, ...tests.flatMap((pid) => identifyProcess(pid) ?? [])]
  assert.equal(processes.length, servers.length + 2)
  child.kill('SIGTERM')
  const [exitCode] = await exited
  assert.equal(exitCode, 143)
  assert.deepEqual(await survivors(processes, 0), [])
  assert.deepEqual(readdirSync(join(place, '.claimcheck')), ['compile-cache'])
  assert.equal(existsSync(shelter), false)
})
