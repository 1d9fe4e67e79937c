import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { ParquetTargetDefinition } from '../../../../activities/pipeline-definition.ts'
import { openTargetBuckets } from '../../../../src/targets/parquet/open-target-buckets.ts'

/** In a process of its own, as each file of tests is. */
test('the store that a target names is reached, also where it is the first that is asked', async (t) => {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const endpoint = `http://127.0.0.1:${address.port}`
  const store = { endpoint, region: 'us-east-1', credentials, bucket: 'own' }
  const buckets = openTargetBuckets({ store, environment: {}, firstDelayMs: 1 })
  t.after(() => buckets.close())
  const target: ParquetTargetDefinition = {
    kind: 'parquet',
    bucket: 'lake',
    prefix: 'flights',
    mode: 'replace',
    s3: { endpoint, ...credentials },
  }
  const { signal } = new AbortController()
  await assert.rejects(
    buckets.within({ target, signal }, async (bucket) => Array.fromAsync(bucket.list('flights/'))),
    { code: 'TARGET_UNREACHABLE' },
  )
  assert.ok(connections > 0)
})
