import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { blobGarbage } from '../../../activities/retention/blob-garbage.ts'
import {
  markNamespace,
  type NamespaceMarkPorts,
} from '../../../activities/retention/namespace-mark.ts'
import { valueGarbage } from '../../../activities/retention/value-garbage.ts'
import {
  blobKey,
  ClaimCheckError,
  generationOf,
  MemoryObjectStore,
  type Digest,
  type ObjectKey,
} from '../../../codec/index.ts'
import { FailingStore } from './failing-store.ts'
import { ModelServer } from './model-server.ts'

const written = new Date('2026-09-02T12:00:00Z')
const now = new Date('2026-11-04T12:00:00Z')
const { signal } = new AbortController()

describe('two servers that have a namespace of one name, and one bucket', () => {
  test('only the one whose worker was there first collects garbage', async () => {
    const store = new MemoryObjectStore({ clock: () => written })
    const digest = '1'.repeat(64) as Digest
    const key = blobKey({ namespace: 'default', generation: generationOf(written), digest })
    for (const each of [key, 'values/default/gone/run-0/a' as ObjectKey])
      await store.put(each, Buffer.from('x'), { contentType: 'text/plain' })
    const own = new ModelServer(now)
    const other = new ModelServer(now)
    other.namespaceId = async () => 'of another one'
    await markNamespace({ store, histories: own }, signal)
    await assert.rejects(markNamespace({ store, histories: other }, signal), {
      code: 'GARBAGE_UNDECIDED',
    })
    for (const source of [blobGarbage, valueGarbage]) {
      const found = (histories: ModelServer) =>
        Array.fromAsync(source({ store, histories })({ now, signal }))
      assert.ok((await found(own)).some((finding) => 'garbage' in finding))
      await assert.rejects(found(other), (error: Error & { code?: string; at?: unknown }) => {
        assert.equal(error.code, 'GARBAGE_UNDECIDED')
        assert.match(error.message, /of the model, not of another one/)
        assert.match(JSON.stringify(error.at), /audit\/namespaces\/default\.json/)
        return true
      })
    }
  })

  test('cannot be told where one of the two is away, marked or not', async () => {
    const store = new FailingStore()
    const server = new ModelServer(now)
    const away = { namespace: 'default', namespaceId: () => Promise.reject(new Error('14 AWAY')) }
    const said = (histories: NamespaceMarkPorts['histories']) =>
      assert.rejects(markNamespace({ store, histories }, signal), {
        code: 'GARBAGE_UNDECIDED',
        message: /whose the blobs and values are: .*; nothing is deleted$/,
      })
    await said(away)
    assert.deepEqual(await store.keys(), [])
    await markNamespace({ store, histories: server }, signal)
    await said(away)
    store.head = () =>
      Promise.reject(new ClaimCheckError('STORE_UNREACHABLE', 'away', { remedy: '' }))
    await said(server)
  })
})
