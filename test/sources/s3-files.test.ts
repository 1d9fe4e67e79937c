import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { ObjectKey, ObjectStore } from '../../codec/index.ts'
import type { FileSource } from '../../src/sources/files/file-source.ts'
import { parseHostList } from '../../src/sources/host-list.ts'
import { openStoreUnderTest, storeUnderTest } from '../codec/store-under-test.ts'
import {
  files,
  listFiles,
  openFiles,
  openOnly,
  places,
  readOnly,
} from '../unit/sources/files/read-files.ts'

const row = '{"id":1}\n'
const oddNames = [
  'a+b.csv',
  'a b.csv',
  'a&b.csv',
  'a%20b.csv',
  'a=b;c,d.csv',
  '"quoted" <x>.csv',
  "it's.csv",
  'ü\u{1F600}.csv',
  '#1.csv',
  '[x]{y}~.csv',
  '${not a reference.csv',
  ' leading.csv',
  'two  spaces.csv',
  '-.csv',
  'a:b@c!d.csv',
  'tab\there.csv',
]

describe('objects of an S3 store as files', () => {
  const { bucket, endpoint, region, credentials } = storeUnderTest()
  const root = `files-${randomUUID()}`
  let store: ObjectStore
  let source: FileSource
  before(async () => {
    store = await openStoreUnderTest()
    source = openFiles({ store: storeUnderTest() })
  })
  after(async () => {
    const keys: ObjectKey[] = []
    for await (const { key } of store.list(`${root}/`)) keys.push(key)
    await store.delete(keys)
    store.close()
    source.close()
  })

  const put = (name: string, body: Uint8Array | string = row) =>
    store.put(`${root}/${name}` as ObjectKey, Buffer.from(body), { contentType: 'text/csv' })
  const at = (name: string) => `s3://${bucket}/${root}/${name}`
  const found = async (...names: string[]) =>
    (await places(source, files(names.map(at)))).map((place) => place.slice(at('').length))

  it('are found beyond the first thousand, whatever their names, and read', async () => {
    const names = Array.from(
      { length: 1100 },
      (_, index) => `part-${String(index).padStart(5, '0')}`,
    )
    const all = [...names.map((name) => `${name}.csv`), ...oddNames]
    for (let start = 0; start < all.length; start += 50) {
      await Promise.all(all.slice(start, start + 50).map((name) => put(`many/${name}`, name)))
    }
    const listed = await found('many/*.csv')
    const expected = all.map((name) => `many/${name}`)
    assert.deepEqual(without(listed, expected), [])
    assert.deepEqual(without(expected, listed), [])
    assert.deepEqual(listed, expected.toSorted(byText))
    for (const name of [...oddNames, 'part-01099.csv']) {
      assert.equal(
        Buffer.from(await readOnly(source, files(at(`many/${name}`))), 'latin1').toString(),
        name,
      )
    }
    assert.equal((await found('many/part-010??.csv')).length, 100)
  })

  it('are found by folders, each once, without markers', async () => {
    for (const name of ['a/1.csv', 'a/b/2.csv', 'a/b/c/3.csv', 'a/_rows.csv', 'a-b/4.csv']) {
      await put(`tree/${name}`)
    }
    for (const name of ['a/_SUCCESS', 'a/_started', 'a/_temporary/0/5.csv', 'a/.6.csv.crc']) {
      await put(`tree/${name}`, name.includes('_s') || name.includes('_S') ? '' : row)
    }
    assert.deepEqual(await found('tree/a/**', 'tree/a/1.csv', 'tree/*/b/*.csv'), [
      'tree/a/1.csv',
      'tree/a/_rows.csv',
      'tree/a/b/2.csv',
      'tree/a/b/c/3.csv',
    ])
    assert.deepEqual(await found('tree/none*', 'none/**'), [])
    await assert.rejects(found('tree/none.csv'), { code: 'FILE_MISSING', retryable: false })
    assert.deepEqual(await found('tree/a/_SUCCESS'), ['tree/a/_SUCCESS'])
  })

  it('are read from anywhere, and have the version that the listing tells', async () => {
    const body = randomBytes(3_000_000)
    await put('long/a.bin', body)
    const path = files(at('long/*.bin'), { compression: 'none' })
    for (const fromBytes of [0, 1_234_567, body.length - 1, body.length]) {
      const read = await readOnly(source, path, { fromBytes })
      assert.ok(Buffer.from(read, 'latin1').equals(body.subarray(fromBytes)), String(fromBytes))
    }
    const { item, opened, stream } = await openOnly(source, path)
    assert.equal(opened.version, item.version)
    assert.equal(item.sizeBytes, body.length)
    assert.equal(stream.isSeekable, true)
    await opened.close()
    const [byName] = await listFiles(source, files(at('long/a.bin')))
    assert.equal(byName?.version, item.version)
    await put('long/b.bin.gz', gzipSync(body))
    const unpacked = await readOnly(source, files(at('long/*.gz')), { fromBytes: 2_999_000 })
    assert.ok(Buffer.from(unpacked, 'latin1').equals(body.subarray(2_999_000)))
    await put('long/empty.csv', '')
    assert.equal(await readOnly(source, files(at('long/*.csv'))), '')
  })

  it('that are written anew have another version, and are not read on as the old one', async () => {
    await put('changing.csv', 'old\n'.repeat(1000))
    const path = files(at('changing.csv'))
    const { item, opened, stream } = await openOnly(source, path)
    const bytes = stream.read(0)[Symbol.asyncIterator]()
    await bytes.next()
    await put('changing.csv', 'new\n'.repeat(1000))
    await assert.rejects(Array.fromAsync(stream.read(8)), {
      code: 'SOURCE_CHANGED',
      retryable: true,
    })
    await opened.close()
    const [now] = await listFiles(source, path)
    assert.notEqual(now?.version, item.version)
    assert.equal(await readOnly(source, path, { fromBytes: 3996 }), 'new\n')
  })

  it('of another store are reached as the source says, at hosts that may be asked', async () => {
    await put('named.csv')
    const { port } = new URL(endpoint)
    const environment = {
      ENDPOINT: `http://store.test:${port}`,
      KEY_ID: credentials?.accessKeyId,
      SECRET: credentials?.secretAccessKey,
      WRONG: 'wrong-and-secret',
      BUCKET: bucket,
    }
    const named = {
      endpoint: '${ENDPOINT}',
      region,
      accessKeyId: '${KEY_ID}',
      secretAccessKey: '${SECRET}',
    }
    const resolve: Parameters<typeof openFiles>[0] = {
      environment,
      resolve: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    }
    const path = `s3://\${BUCKET}/${root}/named.csv`
    const allowed = openFiles({ ...resolve, allowedHosts: parseHostList('store.test') })
    assert.equal(await readOnly(allowed, files(path, { s3: named })), row)
    const wrong = files(path, { s3: { ...named, secretAccessKey: '${WRONG}' } })
    await assert.rejects(listFiles(allowed, wrong), (error: Error) => {
      assert.ok('code' in error && error.code === 'SOURCE_REFUSED')
      assert.doesNotMatch(error.message, /wrong-and-secret|store\.test/)
      return true
    })
    await assert.rejects(listFiles(allowed, files(path)), { code: 'SOURCE_SETTING_INVALID' })
    allowed.close()
    const elsewhere = openFiles({ ...resolve, allowedHosts: parseHostList('other.test') })
    await assert.rejects(listFiles(elsewhere, files(path, { s3: named })), {
      code: 'SOURCE_HOST_REFUSED',
    })
    elsewhere.close()
    const metadata = { ...named, endpoint: 'http://169.254.169.254' }
    await assert.rejects(
      listFiles(
        source,
        files('s3://bucket/key', { s3: { ...metadata, accessKeyId: 'a', secretAccessKey: 'b' } }),
      ),
      {
        code: 'SOURCE_HOST_REFUSED',
      },
    )
    const none = files(`s3://none-${randomUUID()}/a*`)
    await assert.rejects(listFiles(source, none), { code: 'SOURCE_REFUSED', retryable: false })
  })

  it('go on where they were when the connection breaks off', async () => {
    const body = randomBytes(2_000_000)
    await put('cut.bin', body)
    const proxy = await openCuttingProxy(new URL(endpoint), 1_000_000)
    const through = openFiles({ store: { ...storeUnderTest(), endpoint: proxy.endpoint } })
    const path = files(at('cut.bin'), { compression: 'none' })
    const read = await readOnly(through, path)
    assert.ok(Buffer.from(read, 'latin1').equals(body))
    assert.equal(proxy.cuts(), 1)
    through.close()
    proxy.close()
  })
})

function without(names: readonly string[], others: readonly string[]): string[] {
  const left = new Set(others)
  return names.filter((name) => !left.has(name))
}

function byText(left: string, right: string): number {
  return left < right ? -1 : 1
}

/** Passes connections on; the first over which so many bytes have come breaks off there. */
async function openCuttingProxy(upstream: URL, cutAfterBytes: number) {
  let cuts = 0
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(upstream.port), upstream.hostname)
    let passedBytes = 0
    far.on('data', (data) => {
      passedBytes += data.length
      if (passedBytes < cutAfterBytes || cuts > 0) return
      cuts += 1
      near.resetAndDestroy()
      far.destroy()
    })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    near.pipe(far)
    far.pipe(near)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    cuts: () => cuts,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
