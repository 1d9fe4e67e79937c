import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import type { ObjectStream } from '../../../codec/object-store.ts'
import { MemoryObjectStore, type ObjectKey } from '../../../codec/index.ts'
import { startWebServer } from '../../../src/web/start-web-server.ts'
import { asBrowser, createPageApp } from '../../support/page-app.ts'

const dataset = 'datasets/flights/2001-01/0190a5f0-0000-8000-8000-000000000001'
const contentType = 'application/json'

async function storeWith(keys: readonly string[], metadata = {}): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore()
  for (const key of keys) {
    await store.put(key as ObjectKey, Buffer.from('{"is":"here"}'), { contentType, metadata })
  }
  return store
}

describe('the page of an object', () => {
  it('is found by any key, also one that ends like the data of a page', async () => {
    const names = [
      'manifest.json',
      'a b+c%2F%.json',
      'ü 日.json',
      'plain',
      'x.json.json',
      '%2Ejson',
    ]
    const store = await storeWith(names.map((name) => `${dataset}/${name}`))
    const { app } = createPageApp({ directory: tmpdir(), services: { store } })
    for (const name of names) {
      const key = `${dataset}/${name}`
      const path = `/blobs/${encodeURIComponent(key).replace(/\.json$/, '%2Ejson')}`
      const page = await app.request(path, { headers: asBrowser })
      const text = await page.text()
      assert.equal(page.status, 200, name)
      const [, dataPath = ''] = /<a href="([^"]+\.json)">JSON/.exec(text) ?? []
      const data = await app.request(dataPath, { headers: asBrowser })
      assert.equal(Object(await data.json()).key, key)
      const [, download = ''] = /<a href="([^"]+)" download/.exec(text) ?? []
      const bytes = await app.request(download, { headers: asBrowser })
      assert.equal(await bytes.text(), '{"is":"here"}', name)
    }
  })

  it('is found by what a person pastes, who is told what is no name', async () => {
    const { app } = createPageApp({ directory: tmpdir() })
    const digest = 'ab12'.repeat(16)
    for (const [pasted, status] of [
      [` ${digest}\n`, 404],
      ['no name', 400],
      ['{"claimcheck": 99}', 400],
    ] as const) {
      const path = `/-/find?object=${encodeURIComponent(pasted)}`
      const answer = await app.request(path, { headers: asBrowser })
      assert.equal(answer.status, 303)
      const place = answer.headers.get('location') ?? ''
      assert.equal(place, `/blobs/${encodeURIComponent(pasted.trim())}`)
      assert.equal((await app.request(place, { headers: asBrowser })).status, status, pasted)
    }
  })

  it('opens nothing that nobody reads, and closes what is read no further', async () => {
    const key = `${dataset}/plain`
    const store = new MemoryObjectStore()
    await store.put(key as ObjectKey, new Uint8Array(4 * 1024 ** 2), { contentType })
    const opened: ObjectStream[] = []
    const getStream = store.getStream.bind(store)
    store.getStream = async (...request) => {
      const stream = await getStream(...request)
      opened.push(stream)
      return stream
    }
    const { app } = createPageApp({ directory: tmpdir(), services: { store } })
    const path = `/blobs/${encodeURIComponent(key)}/-/download`
    const head = await app.request(path, { method: 'HEAD', headers: asBrowser })
    assert.equal(head.status, 200)
    assert.match(head.headers.get('content-disposition') ?? '', /filename="plain"/)
    assert.equal(opened.length, 0)
    const { body } = await app.request(path, { headers: asBrowser })
    const reader = body?.getReader()
    assert.equal((await reader?.read())?.done, false)
    await reader?.cancel()
    assert.ok(opened.length > 0)
    for (const stream of opened) assert.ok(stream.destroyed)
  })

  it('breaks a download off where the object is damaged, and the log says so', async () => {
    const key = `${dataset}/part-00000.parquet`
    const store = await storeWith([key], { sha256: '0'.repeat(64) })
    const { app, failures } = createPageApp({ directory: tmpdir(), services: { store } })
    const server = await startWebServer({ fetch: app.fetch, host: '127.0.0.1', port: 0 })
    try {
      const path = `/blobs/${encodeURIComponent(key)}/-/download`
      const response = await fetch(`${server.url}${path}`)
      await assert.rejects(response.arrayBuffer())
      assert.deepEqual(
        failures.map(({ code }) => code),
        ['OBJECT_DAMAGED'],
      )
    } finally {
      await server.stop()
    }
  })
})
