import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** When and how a connection is lost. */
export interface Cut {
  /** After so many bytes of clients have passed, or with the COMMIT of a transaction of this name. */
  readonly at: { readonly bytes: number } | { readonly commitOf: string }
  /** Whether what passes at that moment still arrives, so that only its answer is lost. */
  readonly arrives: boolean
  /** How long the server believes in the connection. */
  readonly lingerMs: number
}

export interface TcpProxy {
  readonly port: number
  /** Loses the connection that is in use when its moment comes. Resolves then, or with the signal. */
  cut(plan: Cut, signal: AbortSignal): Promise<'cut' | 'aborted'>
  close(): Promise<void>
}

interface ArmedCut extends Cut {
  passed: number
  done(): void
}

/** Stands before a PostgreSQL server, and loses connections as it is told. */
export async function openTcpProxy(upstream: URL): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let armed: ArmedCut | undefined
  const server = createServer((client) => {
    const backend = connect(Number(upstream.port), upstream.hostname)
    for (const socket of [client, backend]) {
      sockets.add(socket)
      socket.setNoDelay()
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('close', () => backend.end())
    backend.on('close', () => client.destroy())
    let transaction = ''
    client.on('data', (bytes) => {
      transaction = transactionName.exec(bytes.toString('latin1'))?.[1] ?? transaction
      pass(bytes, transaction, client, backend)
    })
    backend.on('data', (bytes) => client.write(bytes))
  })
  function pass(bytes: Buffer, transaction: string, client: Socket, backend: Socket): void {
    const plan = armed
    if (plan === undefined || !isMoment(plan, bytes, transaction)) {
      backend.write(bytes)
      return
    }
    armed = undefined
    client.removeAllListeners('close')
    client.removeAllListeners('data')
    client.on('close', () => sockets.delete(client))
    backend.removeAllListeners('data')
    backend.resume()
    if (plan.arrives) backend.write(bytes)
    client.destroy()
    void sleep(plan.lingerMs).then(() => backend.destroy())
    plan.done()
  }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    port: address.port,
    cut: (plan, signal) =>
      new Promise((resolve) => {
        const abort = () => {
          armed = undefined
          resolve('aborted')
        }
        if (signal.aborted) return abort()
        signal.addEventListener('abort', abort, { once: true })
        const done = () => {
          signal.removeEventListener('abort', abort)
          resolve('cut')
        }
        armed = { ...plan, passed: 0, done }
      }),
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** With which a transaction of a target begins. */
const transactionName = /SET LOCAL application_name = 'claimcheck ([^']+)'/

/** Not the `READ COMMITTED` of a beginning: a statement ends with a zero. */
const commit = 'COMMIT\0'

function isMoment(plan: ArmedCut, bytes: Buffer, transaction: string): boolean {
  if ('commitOf' in plan.at) {
    return transaction.startsWith(plan.at.commitOf) && bytes.includes(commit)
  }
  plan.passed += bytes.length
  return plan.passed > plan.at.bytes
}
