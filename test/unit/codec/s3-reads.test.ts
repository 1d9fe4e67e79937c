import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { pipeline } from 'node:stream/promises'
import type { ObjectKey, ObjectStream } from '../../../codec/index.ts'
import { refuse, startFakeS3, type SeenRequest } from './fake-s3-server.ts'
import { serveObject } from './served-object.ts'

const key = 'folder/object' as ObjectKey
const body = randomBytes(100_000)

describe('S3 store: a read from the middle', () => {
  it('asks for a range, and for the object meant', async () => {
    await using fake = await startFakeS3((request, response) =>
      serveObject(request, response, { body, etag: 'e1' }),
    )
    const stream = await fake.store.getStream(key, { startBytes: 70_000, etag: 'e1' })
    assert.deepEqual([stream.objectBytes, stream.etag], [100_000, 'e1'])
    assert.ok(body.subarray(70_000).equals(await bytesOf(stream)))
    const { range, 'if-match': ifMatch } = fake.seen[0]?.headers ?? {}
    assert.deepEqual([range, ifMatch], ['bytes=70000-', '"e1"'])
  })

  it('asks for no more than is wanted, and hands on no more where more is sent', async () => {
    for (const ignoresRange of [false, true]) {
      await using fake = await startFakeS3((request, response) =>
        serveObject(request, response, { body, ignoresRange }),
      )
      for (const [startBytes, endBytes, range] of [
        [0, 4, 'bytes=0-3'],
        [65_000, 65_537, 'bytes=65000-65536'],
        [99_999, 200_000, 'bytes=99999-199999'],
      ] as const) {
        const stream = await fake.store.getStream(key, { startBytes, endBytes })
        assert.equal(stream.objectBytes, 100_000)
        assert.ok(body.subarray(startBytes, endBytes).equals(await bytesOf(stream)), range)
        assert.equal(fake.seen.at(-1)?.headers['range'], range)
      }
    }
  })

  it('skips what a store sends that knows no ranges', async () => {
    await using fake = await startFakeS3((request, response) =>
      serveObject(request, response, { body, ignoresRange: true }),
    )
    for (const startBytes of [1, 65_536, 99_999, 100_000]) {
      const stream = await fake.store.getStream(key, { startBytes })
      assert.equal(stream.objectBytes, 100_000)
      assert.ok(body.subarray(startBytes).equals(await bytesOf(stream)), `from ${startBytes}`)
    }
    await assert.rejects(fake.store.getStream(key, { startBytes: 100_001 }), REPLACED)
  })

  it('fails where a body of unknown length ends before it', async () => {
    await using fake = await startFakeS3((_, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' })
      response.end('short')
    })
    const stream = await fake.store.getStream(key, { startBytes: 6 })
    assert.equal(stream.objectBytes, undefined)
    await assert.rejects(bytesOf(stream), { code: 'STORE_UNREACHABLE', retryable: true })
    assert.equal((await bytesOf(await fake.store.getStream(key, { startBytes: 5 }))).byteLength, 0)
  })

  const lies: readonly (readonly [string, OutgoingHttpHeaders])[] = [
    ['another start', { 'content-range': 'bytes 40000-99999/100000', 'content-length': '60000' }],
    ['an early end', { 'content-range': 'bytes 50000-59999/100000', 'content-length': '10000' }],
    ['another length', { 'content-range': 'bytes 50000-99999/100000', 'content-length': '10' }],
    ['an unknown end', { 'content-range': 'bytes 50000-99999/*', 'content-length': '50000' }],
    ['no range', { 'content-length': '50000' }],
  ]
  for (const [what, headers] of lies) {
    it(`is refused where the answer has ${what}`, async () => {
      await using fake = await startFakeS3((_, response) => {
        response.writeHead(206, headers)
        response.end(body.subarray(0, Number(headers['content-length'])))
      })
      const reading = fake.store.getStream(key, { startBytes: 50_000 })
      await assert.rejects(reading, { code: 'STORE_FAILED', retryable: false })
    })
  }

  it('at the end is empty, behind it and of another object refused', async () => {
    await using fake = await startFakeS3((request, response) =>
      serveObject(request, response, { body, etag: 'e1' }),
    )
    const stream = await fake.store.getStream(key, { startBytes: 100_000, etag: 'e1' })
    assert.deepEqual([stream.objectBytes, stream.etag], [100_000, 'e1'])
    assert.equal((await bytesOf(stream)).byteLength, 0)
    await assert.rejects(fake.store.getStream(key, { startBytes: 100_001 }), REPLACED)
    await assert.rejects(fake.store.getStream(key, { startBytes: 100_000, etag: 'e0' }), REPLACED)
  })

  it('finds the object replaced or gone while it learns why a range was refused', async () => {
    for (const object of [{ body, etag: 'e2' }, undefined]) {
      await using fake = await startFakeS3((request, response) => {
        if (request.method === 'GET') refuse(response, 416, 'InvalidRange')
        else if (object === undefined) response.writeHead(404).end()
        else serveObject(request, response, object)
      })
      const reading = fake.store.getStream(key, { startBytes: 100_000, etag: 'e1' })
      await assert.rejects(reading, REPLACED)
    }
  })

  it('fails where a store ignores which object is meant', async () => {
    for (const etag of ['e2', undefined]) {
      const other = { body, ignoresIfMatch: true, ...(etag === undefined ? {} : { etag }) }
      const closed = Promise.withResolvers<void>()
      await using fake = await startFakeS3((request, response) => {
        response.on('close', closed.resolve)
        serveObject(request, response, { ...other, sentBytes: 10 })
      })
      const reading = fake.store.getStream(key, { startBytes: 50_000, etag: 'e1' })
      await assert.rejects(reading, REPLACED)
      await closed.promise
    }
  })
})

describe('S3 store: an etag', () => {
  for (const [header, etag] of [
    ['"abc-2"', 'abc-2'],
    ['abc', 'abc'],
    ['W/"abc"', undefined],
    ['""', undefined],
    [undefined, undefined],
  ] as const) {
    it(`${header} is ${etag}`, async () => {
      await using fake = await startFakeS3((_, response) => {
        response.writeHead(200, header === undefined ? {} : { etag: header }).end()
      })
      assert.equal((await fake.store.head(key))?.etag, etag)
      assert.equal((await fake.store.getStream(key)).etag, etag)
    })
  }
})

describe('S3 store: a get with a limit', () => {
  it('reads no body that is announced as longer', async () => {
    const closed = Promise.withResolvers<void>()
    await using fake = await startFakeS3((_, response) => {
      response.on('close', closed.resolve)
      response.writeHead(200, { 'content-length': '1000000000000' })
      response.write(body)
    })
    const reading = fake.store.get(key, { maxBytes: 200_000 })
    await assert.rejects(reading, { code: 'OBJECT_TOO_LARGE', message: /1000000000000 bytes/ })
    await closed.promise
    assert.equal(fake.seen.length, 1)
  })

  it('reads no further than it where no length is announced', async () => {
    const written = Promise.withResolvers<number>()
    await using fake = await startFakeS3((_, response) => void writeForEver(response, written))
    await assert.rejects(fake.store.get(key, { maxBytes: 1_000_000 }), { code: 'OBJECT_TOO_LARGE' })
    // What the sockets hold comes on top of what was read.
    assert.ok((await written.promise) < 20_000_000)
  })

  it('reads a body of unknown length up to it', async () => {
    const long = randomBytes(1_000_000)
    await using fake = await startFakeS3((_, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' })
      response.end(long)
    })
    for (const options of [{}, { maxBytes: 1_000_000 }]) {
      assert.ok(long.equals(await fake.store.get(key, options)))
    }
  })
})

describe('S3 store: a stream', () => {
  it('dropped while the store is silent lets its socket go at once', async () => {
    const closed = Promise.withResolvers<void>()
    const answer = (request: SeenRequest, response: ServerResponse): void => {
      response.on('close', closed.resolve)
      serveObject(request, response, { body, sentBytes: 10, cut: 'silent' })
    }
    await using fake = await startFakeS3(answer, { idleTimeoutMs: 600_000 })
    const stream = await fake.store.getStream(key)
    stream.resume()
    await once(stream, 'data')
    stream.destroy()
    await closed.promise
  })
})

const REPLACED = { code: 'OBJECT_REPLACED', retryable: true }

/** Says how much it wrote once nobody reads any more. */
async function writeForEver(
  response: ServerResponse,
  written: PromiseWithResolvers<number>,
): Promise<void> {
  let bytes = 0
  const endless = function* (): Generator<Uint8Array> {
    for (;;) {
      bytes += body.byteLength
      yield body
    }
  }
  response.writeHead(200, { 'transfer-encoding': 'chunked' })
  await pipeline(endless, response).catch(() => undefined)
  written.resolve(bytes)
}

async function bytesOf(stream: ObjectStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
