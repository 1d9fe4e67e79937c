import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Answers whoever connects as a PostgreSQL does that wants Kerberos, which `pg` does not speak. */
export async function startKerberosServer(): Promise<{ port: number; close(): void }> {
  const gssapi = Buffer.from('520000000800000007', 'hex')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(gssapi))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return { port: address.port, close: () => void server.close() }
}
