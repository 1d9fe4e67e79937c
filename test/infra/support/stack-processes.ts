import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

import {
  identifyProcess,
  isAlive,
  type ProcessIdentity,
} from '../../../infra/stack/process-identity.ts'
import { stackPaths } from '../../../infra/stack/stack-paths.ts'
import { readState } from '../../../infra/stack/stack-state.ts'

/**
 * Every process of the stack in the directory: the supervisor with all that descends from it, and
 * whatever names the directory on its command line.
 */
export function stackProcesses(directory: string): ProcessIdentity[] {
  const state = readState(stackPaths(directory).state)
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, command = '']) => ({ pid: Number(pid), parent: Number(parent), command }))
  const roots = [state?.supervisor, state?.guardian, ...Object.values(state?.servers ?? {})]
  const found = new Set(roots.filter((root) => root && isAlive(root)).map((root) => root?.pid))
  for (const { pid, command } of rows) {
    if (command.includes(directory) && !command.includes('stack-program')) found.add(pid)
  }
  for (let size = 0; size !== found.size;) {
    size = found.size
    for (const { pid, parent } of rows) if (found.has(parent)) found.add(pid)
  }
  return [...found].flatMap((pid) => (pid === undefined ? [] : (identifyProcess(pid) ?? [])))
}

/** Waits until none of the processes is left, and answers with those that are after the time. */
export async function survivors(
  processes: readonly ProcessIdentity[],
  timeoutMs = 60_000,
): Promise<ProcessIdentity[]> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const alive = processes.filter(isAlive)
    if (alive.length === 0 || Date.now() > deadline) return alive
    await sleep(50)
  }
}
