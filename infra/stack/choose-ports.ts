import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the ranges that operating systems take for outgoing connections. */
const lowestPort = 20_000
const highestPort = 29_999

/**
 * A free loopback port for each name: the preferred one when it is free, else a random one.
 * Nothing keeps it free until the server listens, so who starts a server must be ready to choose again.
 */
export async function choosePorts(
  names: readonly string[],
  preferred: Readonly<Record<string, number>> = {},
): Promise<Record<string, number>> {
  const chosen: Record<string, number> = {}
  for (const name of names) {
    const taken = new Set(Object.values(chosen))
    let port = preferred[name] ?? randomPort()
    while (taken.has(port) || !(await isFree(port))) port = randomPort()
    chosen[name] = port
  }
  return chosen
}

function randomPort(): number {
  return randomInt(lowestPort, highestPort + 1)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      probe.close(() => resolve(true))
    })
  })
}
