import { setTimeout as sleep } from 'node:timers/promises'

import { isAlive, type ProcessIdentity, signalProcess } from './process-identity.ts'
import { removeStoreSockets } from './remove-store-sockets.ts'
import type { StackState } from './stack-state.ts'

/** Milliseconds; a guardian needs 10 s at most. */
const guardianGraceMs = 15_000

/**
 * Waits until nothing of a killed supervisor is left: its guardian ends the servers. A server that
 * outlives even the guardian is killed.
 */
export async function endLeftovers(state: StackState): Promise<void> {
  if (state.guardian !== undefined) await waitForEnd(state.guardian, guardianGraceMs)
  for (const server of Object.values(state.servers)) {
    signalProcess(server, 'SIGKILL')
    await waitForEnd(server, guardianGraceMs)
  }
  removeStoreSockets(state.ports.store ?? {})
}

/** Whether the process ended within the time. */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false
    await sleep(25)
  }
  return true
}
