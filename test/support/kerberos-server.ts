import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'

/**
 * Answers whoever connects as a PostgreSQL does that wants Kerberos, which `pg` does not speak, until the
 * test has ended, however that ends.
 *
 * @returns its port
 */
export async function startKerberosServer(t: TestContext): Promise<number> {
  const gssapi = Buffer.from('520000000800000007', 'hex')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(gssapi))
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}
