import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import {
  identifyProcess,
  isAlive,
  signalProcess,
  type ProcessIdentity,
} from '../../infra/stack/process-identity.ts'
import { eventually } from './eventually.ts'

/**
 * Kills a process and all its children, of whatever session they are. It is stopped first, so that it has
 * no more: one that lived on would wait for ever for what those that were killed have held.
 */
export async function killFamily(parent: ProcessIdentity): Promise<void> {
  signalProcess(parent, 'SIGSTOP')
  await eventually('the children to end', () => {
    const children = childrenOf(parent.pid)
    for (const child of children) signalProcess(child, 'SIGKILL')
    return Promise.resolve(children.length === 0 ? true : undefined)
  })
  signalProcess(parent, 'SIGKILL')
  await eventually('the process to end', () => Promise.resolve(isAlive(parent) ? undefined : true))
}

function childrenOf(parent: number): ProcessIdentity[] {
  const processes = process.platform === 'linux' ? processesOnLinux() : processesByPs()
  return processes
    .filter(({ parentPid }) => parentPid === parent)
    .flatMap(({ pid }) => identifyProcess(pid) ?? [])
}

interface ShownProcess {
  readonly pid: number
  readonly parentPid: number
}

function processesOnLinux(): ShownProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const status = statusOf(name)
      return { pid: Number(name), parentPid: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]) }
    })
}

/** Nothing of a process that has ended meanwhile. */
function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

function processesByPs(): ShownProcess[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parentPid] = line.trim().split(/\s+/).map(Number)
      return { pid: pid ?? NaN, parentPid: parentPid ?? NaN }
    })
}
