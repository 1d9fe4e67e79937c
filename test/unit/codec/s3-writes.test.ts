import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { Readable } from 'node:stream'
import type { ObjectKey } from '../../../codec/index.ts'
import { refuse, startFakeS3, type SeenRequest } from './fake-s3-server.ts'

const key = 'folder/object' as ObjectKey
const options = { contentType: 'text/plain' }
const body = Buffer.from('Hello World!')

describe('S3 store: what a write sends', () => {
  it('the bytes alone, with MD5 and no newer checksum, also of a stream of unknown length', async () => {
    const stored = new Map<string, Buffer>()
    await using fake = await startFakeS3(keepRawBodies(stored))
    await fake.store.put(key, body, options)
    await fake.store.putStream(key, Readable.from([body]), options)
    const puts = fake.seen.filter(({ method }) => method === 'PUT')
    assert.equal(puts.length, 2)
    for (const { headers, body: sent } of puts) {
      assert.deepEqual(sent, body)
      assert.equal(headers['content-length'], '12')
      assert.equal(headers['content-encoding'], undefined)
      assert.equal(headers['x-amz-trailer'], undefined)
      assert.equal(headers['content-md5'], createHash('md5').update(body).digest('base64'))
      const sha256 = createHash('sha256').update(body).digest('hex')
      assert.equal(headers['x-amz-content-sha256'], sha256)
      assert.match(headers.authorization ?? '', /SignedHeaders=[^,]*content-md5/)
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.includes('checksum')),
        [],
      )
    }
  })

  it('MD5 with a batch delete, which some stores demand', async () => {
    await using fake = await startFakeS3((_, response) => response.end('<DeleteResult/>'))
    await fake.store.delete([key])
    const [request] = fake.seen
    assert.ok(request)
    const md5 = createHash('md5').update(request.body).digest('base64')
    assert.equal(request.headers['content-md5'], md5)
  })

  it('fails where the store keeps other bytes than it was sent', async () => {
    await using fake = await startFakeS3(({ method }, response) => {
      response.writeHead(200, method === 'HEAD' ? { 'content-length': '40' } : {})
      response.end()
    })
    const writing = fake.store.putStream(key, Readable.from([body]), options)
    await assert.rejects(writing, /keeps 40 bytes of the 12/)
  })
})

describe('S3 store: a conditional write', () => {
  for (const [status, said] of [
    [412, 'PreconditionFailed'],
    [304, 'NotModified'],
  ] as const) {
    it(`answered by ${status} is present`, async () => {
      await using fake = await startFakeS3((_, response) => refuse(response, status, said))
      assert.equal(await fake.store.putIfAbsent(key, body, options), 'present')
      assert.equal(fake.seen.length, 1)
      assert.equal(fake.seen[0]?.headers['if-none-match'], '*')
    })
  }

  it('answered by 409 is tried again', async () => {
    await using fake = await startFakeS3((_, response, count) => {
      if (count < 3) refuse(response, 409, 'ConditionalRequestConflict')
      else response.end()
    })
    assert.equal(await fake.store.putIfAbsent(key, body, options), 'written')
    assert.equal(fake.seen.length, 3)
  })

  it('refused for another reason is not tried again', async () => {
    await using fake = await startFakeS3((_, response) => refuse(response, 403, 'AccessDenied'))
    await assert.rejects(fake.store.putIfAbsent(key, body, options), { code: 'STORE_DENIED' })
    assert.equal(fake.seen.length, 1)
  })

  it('not known to the store becomes a look and a plain write, from then on', async () => {
    const stored = new Map<string, Buffer>()
    const keep = keepRawBodies(stored)
    await using fake = await startFakeS3((request, response, count) => {
      if (request.headers['if-none-match'] === undefined) keep(request, response, count)
      else refuse(response, 501, 'NotImplemented')
    })
    assert.equal(await fake.store.putIfAbsent(key, body, options), 'written')
    assert.equal(await fake.store.putIfAbsent(key, body, options), 'present')
    assert.deepEqual(
      fake.seen.map(({ method }) => method),
      ['PUT', 'HEAD', 'PUT', 'HEAD'],
    )
  })
})

describe('S3 store: an upload in parts', () => {
  const parts = (count: number): Readable =>
    Readable.from(Array.from({ length: count }, () => Buffer.alloc(100, 'x')))

  it('is aborted at the store when a part fails, even while the source hangs', async () => {
    await using fake = await startFakeS3(multipart({ refusePart: 2 }), { partBytes: 100 })
    const source = new Readable({ read() {} })
    source.push(Buffer.alloc(350, 'x'))
    const writing = fake.store.putStream(key, source, options)
    await assert.rejects(writing, { code: 'STORE_FAILED', message: /InvalidPart/ })
    assert.equal(source.destroyed, true)
    assert.deepEqual(endings(fake.seen), ['DELETE'])
  })

  it('is refused past the limit of parts, and aborted', async () => {
    await using fake = await startFakeS3(multipart({}), { partBytes: 100, maxParts: 3 })
    await assert.rejects(fake.store.putStream(key, parts(4), options), /longer than 3 parts/)
    assert.deepEqual(endings(fake.seen), ['DELETE'])
    const endless = Readable.from(forEver(Buffer.alloc(100)))
    await assert.rejects(fake.store.putStream(key, endless, options), { code: 'STORE_FAILED' })
    assert.equal(endless.destroyed, true)
    assert.deepEqual(endings(fake.seen), ['DELETE', 'DELETE'])
  })

  it('may fill the limit of parts to the last byte', async () => {
    await using fake = await startFakeS3(multipart({ headBytes: 300 }), {
      partBytes: 100,
      maxParts: 3,
    })
    assert.deepEqual(await fake.store.putStream(key, parts(3), options), { sizeBytes: 300 })
    assert.deepEqual(endings(fake.seen), ['POST'])
  })

  it('sends parts of one size but the last, each with its checksum', async () => {
    await using fake = await startFakeS3(multipart({ headBytes: 250 }), { partBytes: 100 })
    const source = Readable.from([Buffer.alloc(30, 'a'), Buffer.alloc(220, 'b')])
    assert.deepEqual(await fake.store.putStream(key, source, options), { sizeBytes: 250 })
    const sent = fake.seen.filter(({ url }) => url.includes('partNumber'))
    const sizes = sent.map((part) => part.body.byteLength)
    assert.deepEqual(new Set(sizes), new Set([100, 50]))
    assert.equal(sizes.length, 3)
    assert.ok(sent.every(({ headers }) => headers['content-md5'] !== undefined))
    assert.deepEqual(endings(fake.seen), ['POST'])
  })

  it('sends no empty last part, and one part alone as a plain write', async () => {
    for (const [count, expected] of [
      [1, 0],
      [2, 2],
    ] as const) {
      await using fake = await startFakeS3(multipart({ headBytes: 100 * count }), {
        partBytes: 100,
      })
      await fake.store.putStream(key, parts(count), options)
      const sent = fake.seen.filter(({ url }) => url.includes('partNumber'))
      assert.equal(sent.length, expected)
      assert.ok(sent.every(({ body: part }) => part.byteLength === 100))
    }
  })

  it('counts as done when only the answer to its completion was lost', async () => {
    await using fake = await startFakeS3(multipart({ headBytes: 300, isGone: true }), {
      partBytes: 100,
    })
    assert.deepEqual(await fake.store.putStream(key, parts(3), options), { sizeBytes: 300 })
  })
})

function* forEver(chunk: Buffer): Generator<Buffer> {
  for (;;) yield chunk
}

/** The requests that end an upload: DELETE aborts it, POST with parts completes it. */
function endings(seen: readonly SeenRequest[]): string[] {
  return seen
    .filter(({ method, url }) => method !== 'PUT' && url.includes('uploadId'))
    .map(({ method }) => method)
}

function multipart(script: {
  readonly refusePart?: number
  readonly headBytes?: number
  readonly isGone?: boolean
}): (request: SeenRequest, response: ServerResponse) => void {
  return ({ method, url }, response) => {
    if (url.includes('uploads')) {
      response.end(
        '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>',
      )
    } else if (url.includes(`partNumber=${script.refusePart}`)) {
      refuse(response, 400, 'InvalidPart')
    } else if (method === 'PUT') {
      response.writeHead(200, { etag: '"e"' }).end()
    } else if (method === 'POST') {
      if (script.isGone === true) refuse(response, 404, 'NoSuchUpload')
      else
        response.end(
          '<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>',
        )
    } else if (method === 'HEAD') {
      response.writeHead(200, { 'content-length': String(script.headBytes ?? 0) }).end()
    } else {
      response.writeHead(204).end()
    }
  }
}

function keepRawBodies(
  stored: Map<string, Buffer>,
): (request: SeenRequest, response: ServerResponse, count: number) => void {
  return ({ method, url, body: sent }, response) => {
    const [path = ''] = url.split('?')
    if (method === 'PUT') stored.set(path, sent)
    const found = stored.get(path)
    if (found === undefined) response.writeHead(404)
    else if (method === 'HEAD')
      response.writeHead(200, { 'content-length': String(found.byteLength) })
    response.end()
  }
}
