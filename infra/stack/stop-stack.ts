import { endLeftovers, waitForEnd } from './end-leftovers.ts'
import { isAlive, signalProcess } from './process-identity.ts'
import { stackPaths } from './stack-paths.ts'
import { readState } from './stack-state.ts'

/** Milliseconds a supervisor has to end its servers. */
const stopTimeoutMs = 40_000

/**
 * Stops the stack in the directory, whoever started it, and returns when no process of it is left.
 * @returns whether there was one
 */
export async function stopStack(directory: string): Promise<boolean> {
  const state = readState(stackPaths(directory).state)
  if (state === undefined) return false
  const { supervisor } = state
  const wasAlive = isAlive(supervisor)
  signalProcess(supervisor, 'SIGTERM')
  if (!(await waitForEnd(supervisor, stopTimeoutMs))) {
    signalProcess(supervisor, 'SIGKILL')
    await waitForEnd(supervisor, stopTimeoutMs)
  }
  // A supervisor that was killed leaves the end of its servers to its guardian.
  await endLeftovers(readState(stackPaths(directory).state) ?? state)
  return wasAlive
}
