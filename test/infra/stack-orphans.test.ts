import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { readStack } from '../../infra/stack/read-stack.ts'
import { logPath, stackPaths } from '../../infra/stack/stack-paths.ts'
import { readLiveState, readState, type StackState } from '../../infra/stack/stack-state.ts'
import { stopStack } from '../../infra/stack/stop-stack.ts'
import { runStackProgram } from './support/run-stack-program.ts'
import { stackDirectory } from './support/stack-directory.ts'
import { stackProcesses, survivors } from './support/stack-processes.ts'

/** Supervisor, guardian, three servers and at least three processes of PostgreSQL's own. */
const fewest = 8

function liveState(directory: string): StackState {
  const state = readLiveState(stackPaths(directory).state)
  assert.ok(state)
  return state
}

test('no process is left when the parent of an attached stack is killed', async (t) => {
  const directory = stackDirectory(t)
  const program = runStackProgram(t, { directory, lifetime: 'attached' })
  assert.equal((await program.ready).owned, true)
  const processes = stackProcesses(directory)
  assert.ok(processes.length >= fewest)
  program.child.kill('SIGKILL')
  assert.deepEqual(await survivors(processes), [])
  const log = readFileSync(logPath(stackPaths(directory), 'supervisor'), 'utf8')
  assert.match(log, /stopped by the end of its parent/)
})

test('no process is left after Ctrl-C, which reaches the whole process group', async (t) => {
  const directory = stackDirectory(t)
  const program = runStackProgram(t, { directory, lifetime: 'attached' })
  await program.ready
  const processes = stackProcesses(directory)
  process.kill(-program.pid, 'SIGINT')
  assert.deepEqual(await survivors(processes), [])
  // They were asked to end, and did not die of the terminal's own signal.
  assert.match(
    readFileSync(logPath(stackPaths(directory), 'database'), 'utf8'),
    /database system is shut down/,
  )
  assert.equal(readState(stackPaths(directory).state)?.reason, undefined)
})

test('no process is left when the supervisor is killed, and the next start works at once', async (t) => {
  const directory = stackDirectory(t)
  const program = runStackProgram(t, { directory, lifetime: 'attached' })
  await program.ready
  const processes = stackProcesses(directory)
  const { supervisor } = liveState(directory)
  process.kill(supervisor.pid, 'SIGKILL')
  assert.deepEqual(await survivors([supervisor]), [])
  assert.equal(readStack(directory, {}), undefined)
  const next = runStackProgram(t, { directory, lifetime: 'attached' })
  assert.equal((await next.ready).owned, true)
  assert.deepEqual(await survivors(processes, 0), [])
  program.child.kill()
  const nextProcesses = stackProcesses(directory)
  next.child.kill('SIGTERM')
  assert.deepEqual(await survivors(nextProcesses), [])
})

test('no process is left when the parent, or the supervisor, is killed in the middle of a start', async (t) => {
  const cases = [
    ['parent', 'attached'],
    ['parent', 'detached'],
    ['supervisor', 'attached'],
  ] as const
  await Promise.all(
    cases.map(async ([victim, lifetime]) => {
      const directory = stackDirectory(t)
      const program = runStackProgram(t, { directory, lifetime, complaints: 'ignore' })
      while (readState(stackPaths(directory).state)?.servers.temporal === undefined) await sleep(5)
      const state = liveState(directory)
      assert.equal(state.phase, 'starting')
      const processes = stackProcesses(directory)
      process.kill(victim === 'parent' ? program.pid : state.supervisor.pid, 'SIGKILL')
      await sleep(50)
      assert.deepEqual(await survivors([...processes, ...stackProcesses(directory)]), [], victim)
      await program.exited
      // A start begun while we looked would have shown up by now.
      assert.deepEqual(stackProcesses(directory), [])
    }),
  )
})

test('a server that dies takes the others with it, and the reason is kept', async (t) => {
  const directory = stackDirectory(t)
  const program = runStackProgram(t, { directory, lifetime: 'attached' })
  await program.ready
  const processes = stackProcesses(directory)
  const { servers } = liveState(directory)
  assert.ok(servers.store)
  process.kill(servers.store.pid, 'SIGKILL')
  assert.deepEqual(await survivors(processes), [])
  const { reason } = readState(stackPaths(directory).state) ?? {}
  assert.equal(reason, 'SeaweedFS ended by itself (SIGKILL)')
  program.child.kill()
})

test('a detached stack outlives its parent until it is stopped', async (t) => {
  const directory = stackDirectory(t)
  const program = runStackProgram(t, { directory, lifetime: 'detached', last: 'exit' })
  await program.ready
  await program.exited
  await sleep(200)
  const processes = stackProcesses(directory)
  assert.ok(processes.length >= fewest)
  assert.notEqual(readStack(directory, {}), undefined)
  assert.equal(await stopStack(directory), true)
  assert.deepEqual(await survivors(processes, 0), [])
})
