import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that processes have to end by themselves; a test may have a stack to erase. */
const graceMs = 60_000

/**
 * Runs a command to its end, as the leader of a process group of its own. When the signal aborts, all of
 * the group is asked to end, waited for, and killed if it does not.
 *
 * @returns its exit code; null where a signal ended it
 */
export async function runInGroup(
  command: string,
  options: readonly string[],
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<number | null> {
  const child = spawn(command, options, { stdio: 'inherit', env: environment, detached: true })
  const exited = once(child, 'exit')
  const { pid } = child
  const end = (): void => void signalGroup(pid, 'SIGTERM')
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  const [status] = await exited
  signal.removeEventListener('abort', end)
  if (signal.aborted) {
    const deadline = performance.now() + graceMs
    while (signalGroup(pid, 0) && performance.now() < deadline) await sleep(50)
    signalGroup(pid, 'SIGKILL')
  }
  return typeof status === 'number' ? status : null
}

/** Whether there was any process of the group. */
function signalGroup(leader: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (leader === undefined) return false
  try {
    process.kill(-leader, signal)
    return true
  } catch {
    return false
  }
}
