import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Client as MinioClient } from 'minio'
import { createS3ObjectStore, type ObjectKey, type ObjectStore } from '../../codec/index.ts'
import { objectStoreSuite } from '../support/object-store-suite.ts'
import { openStoreUnderTest, storeUnderTest } from './store-under-test.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const PART_BYTES = 5 * 1024 * 1024

objectStoreSuite('s3', {
  open: async () => openStoreUnderTest({ partBytes: PART_BYTES }),
  partBytes: PART_BYTES,
})

describe('S3 store, seen by another client', () => {
  const root = `witness-${randomUUID()}`
  const key = (name: string): ObjectKey => `${root}/${name}` as ObjectKey
  const { bucket } = storeUnderTest()
  const minio = openMinio()
  let store: ObjectStore
  before(async () => {
    store = await openStoreUnderTest({ partBytes: PART_BYTES })
  })
  after(async () => {
    const keys: ObjectKey[] = []
    for await (const facts of store.list(`${root}/`)) keys.push(facts.key)
    await store.delete(keys)
    store.close()
  })

  it('holds exactly the bytes and facts that were written', async () => {
    const body = randomBytes(2 * PART_BYTES + 77)
    await store.put(key('put'), body.subarray(0, 1000), {
      contentType: 'text/csv',
      metadata: { origin: 'suite' },
    })
    await store.putStream(key('stream'), Readable.from([body]), {
      contentType: 'text/csv',
      metadata: { origin: 'suite' },
    })
    await store.put(key('long'), body, { contentType: 'text/csv', metadata: { origin: 'suite' } })
    await store.putStream(key('none'), Readable.from([]), {
      contentType: 'text/csv',
      metadata: { origin: 'suite' },
    })
    const expected = { put: body.subarray(0, 1000), stream: body, long: body, none: Buffer.of() }
    for (const [name, bytes] of Object.entries(expected)) {
      assert.ok(bytes.equals(await readAll(minio, bucket, key(name))), name)
      const seen = await minio.statObject(bucket, key(name))
      const facts: Record<string, unknown> = seen.metaData
      assert.equal(seen.size, bytes.byteLength)
      assert.equal(facts['content-type'], 'text/csv')
      assert.equal(facts['origin'], 'suite')
      assert.equal(facts['content-encoding'], undefined)
      assert.equal(seen.etag, (await store.head(key(name)))?.etag)
    }
  })

  it('reads what another client wrote', async () => {
    const body = randomBytes(50_000)
    await minio.putObject(bucket, key('theirs'), body, body.byteLength, {
      'Content-Type': 'text/x',
      'X-Amz-Meta-Origin': 'minio',
    })
    assert.ok(body.equals(await store.get(key('theirs'))))
    const head = await store.head(key('theirs'))
    assert.equal(head?.metadata['origin'], 'minio')
  })

  it('shows no unfinished upload after a source that broke and a write that was aborted', async () => {
    const broken = Readable.from(
      (async function* () {
        yield randomBytes(3 * PART_BYTES)
        throw new Error('the source broke')
      })(),
    )
    const options = { contentType: 'text/csv' }
    await assert.rejects(store.putStream(key('broken'), broken, options), /the source broke/)
    const abort = new AbortController()
    const hanging = new Readable({ read() {} })
    hanging.push(randomBytes(3 * PART_BYTES))
    setTimeout(() => abort.abort(new Error('enough')), 150)
    const writing = store.putStream(key('aborted'), hanging, { ...options, signal: abort.signal })
    await assert.rejects(writing, /enough/)
    const unfinished: unknown[] = []
    for await (const item of minio.listIncompleteUploads(bucket, `${root}/`, true)) {
      unfinished.push(item)
    }
    assert.deepEqual(unfinished, [])
  })
})

describe('S3 store, streaming', () => {
  it('holds a few parts in memory, not the stream', async () => {
    const store = await openStoreUnderTest({ partBytes: PART_BYTES })
    const key = `memory-${randomUUID()}` as ObjectKey
    const chunk = randomBytes(64 * 1024)
    const count = 3200
    // What is held, not what waits to be collected.
    const held = (): number => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers
    }
    const atStart = held()
    let mostBytes = 0
    const measure = (index: number): void => {
      if (index % 200 === 0) mostBytes = Math.max(mostBytes, held() - atStart)
    }
    const source = Readable.from(
      (function* () {
        for (let index = 0; index < count; index += 1) {
          measure(index)
          yield chunk
        }
      })(),
    )
    await store.putStream(key, source, { contentType: 'x/y' })
    let received = 0
    for await (const _chunk of await store.getStream(key)) measure((received += 1))
    assert.ok(mostBytes < 100_000_000, `${mostBytes} bytes of a stream of ${count * 65_536}`)
    await store.delete([key])
    store.close()
  })
})

describe('S3 store, refused', () => {
  it('names a bucket that is missing', async () => {
    const elsewhere = createS3ObjectStore({ ...storeUnderTest(), bucket: `none-${randomUUID()}` })
    await assert.rejects(elsewhere.get('a' as ObjectKey), {
      code: 'STORE_BUCKET_MISSING',
      retryable: false,
    })
    elsewhere.close()
  })

  it('says that a wrong secret is refused, without telling the secret', async () => {
    const secretAccessKey = 'wrong-and-secret'
    const { accessKeyId } = storeUnderTest().credentials ?? { accessKeyId: '' }
    const store = createS3ObjectStore({
      ...storeUnderTest(),
      credentials: { accessKeyId, secretAccessKey },
    })
    await assert.rejects(store.get('a' as ObjectKey), (error: Error) => {
      assert.ok('code' in error && error.code === 'STORE_DENIED')
      assert.ok(!error.message.includes(secretAccessKey))
      return true
    })
    store.close()
  })
})

function openMinio(): MinioClient {
  const { endpoint, region, credentials } = storeUnderTest()
  const { hostname, port, protocol } = new URL(endpoint)
  return new MinioClient({
    endPoint: hostname,
    port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port),
    useSSL: protocol === 'https:',
    region,
    accessKey: credentials?.accessKeyId ?? '',
    secretKey: credentials?.secretAccessKey ?? '',
  })
}

async function readAll(minio: MinioClient, bucket: string, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await minio.getObject(bucket, key)) {
    assert.ok(chunk instanceof Uint8Array)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
