import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const mib = 2 ** 20

/** The most memory that a living process has held so far; elsewhere than on Linux, what it holds. */
export function peakRssMib(pid: number): number {
  const status = readProcFile(`/proc/${pid}/status`)
  const kibibytes =
    /^VmHWM:\s+(\d+) kB$/m.exec(status ?? '')?.[1] ??
    execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  return Math.round((Number(kibibytes) * 1024 * 10) / mib) / 10
}

/** How much processor time each of some process trees has used so far; empty where /proc is not. */
export function cpuSeconds(pids: Readonly<Record<string, number>>): Record<string, number> {
  const processes = readProcesses()
  if (processes.size === 0) return {}
  const treeSeconds = (pid: number): number => {
    const children = [...processes].filter(([, { parent }]) => parent === pid)
    const own = processes.get(pid)?.seconds ?? 0
    return children.reduce((sum, [child]) => sum + treeSeconds(child), own)
  }
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, treeSeconds(pid)]))
}

/** What was used between two readings, in tenths of a second. */
export function cpuUsed(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  const used = Object.entries(after).map(([name, seconds]) => {
    return [name, Math.round((seconds - (before[name] ?? 0)) * 10) / 10] as const
  })
  return Object.fromEntries(used)
}

/** Of Linux, on every machine that Node runs on. */
const ticksPerSecond = 100

function readProcesses(): Map<number, { parent: number; seconds: number }> {
  if (process.platform !== 'linux') return new Map()
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const entries = pids.flatMap((pid) => {
    const stat = readProcFile(`/proc/${pid}/stat`)
    if (stat === undefined) return []
    // The name, in brackets, may hold spaces. After it: state, parent, …; user and system time of
    // the process and of its children that have ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return [[Number(pid), { parent: Number(fields[1]), seconds: ticks / ticksPerSecond }] as const]
  })
  return new Map(entries)
}

function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
