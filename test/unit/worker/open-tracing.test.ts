import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { Context } from '@temporalio/activity'
import { openTracing } from '../../../src/worker/open-tracing.ts'

test('a worker ends well where nobody takes its last spans', async (t) => {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const tracing = openTracing(`http://127.0.0.1:${address.port}/v1/traces`)
  const context = { info: { activityType: 'stageBatch' } } as Context
  const [intercept] = tracing.options.interceptors?.activity ?? []
  const told = await intercept?.(context).inbound?.execute?.(
    { args: [], headers: {} },
    async () => 'done',
  )
  assert.equal(told, 'done')
  await tracing.close()
  assert.ok(connections > 0)
})
