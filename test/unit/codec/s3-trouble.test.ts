import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  ClaimCheckError,
  createS3ObjectStore,
  type ObjectKey,
  type ObjectStore,
} from '../../../codec/index.ts'
import { refuse, SECRET, startFakeS3 } from './fake-s3-server.ts'

const key = 'folder/object' as ObjectKey
const options = { contentType: 'text/plain' }
/** Of stores that fall silent; longer than a busy machine keeps this process waiting. */
const idleTimeoutMs = 300

describe('S3 store: what a refusal becomes', () => {
  const cases = [
    { status: 403, said: 'AccessDenied', code: 'STORE_DENIED', retryable: false },
    { status: 403, said: 'InvalidAccessKeyId', code: 'STORE_DENIED', retryable: false },
    { status: 403, said: 'SignatureDoesNotMatch', code: 'STORE_DENIED', retryable: false },
    { status: 400, said: 'ExpiredToken', code: 'STORE_DENIED', retryable: false },
    { status: 404, said: 'NoSuchBucket', code: 'STORE_BUCKET_MISSING', retryable: false },
    { status: 404, said: 'NoSuchKey', code: 'OBJECT_MISSING', retryable: false },
    { status: 500, said: 'InternalError', code: 'STORE_UNREACHABLE', retryable: true },
    { status: 503, said: 'SlowDown', code: 'STORE_UNREACHABLE', retryable: true },
    { status: 429, said: 'TooManyRequests', code: 'STORE_UNREACHABLE', retryable: true },
    { status: 400, said: 'InvalidArgument', code: 'STORE_FAILED', retryable: false },
    { status: 501, said: 'NotImplemented', code: 'STORE_FAILED', retryable: false },
  ]
  for (const { status, said, code, retryable } of cases) {
    it(`${status} ${said} is ${code}`, async () => {
      await using fake = await startFakeS3((_, response) => refuse(response, status, said))
      await assert.rejects(fake.store.get(key), (error: Error) => {
        assert.ok(error instanceof ClaimCheckError)
        assert.deepEqual([error.code, error.retryable], [code, retryable])
        assert.match(error.message, /bucket=bucket, key=folder\/object/)
        assert.ok(!inspect(error, { depth: 9 }).includes(SECRET))
        return true
      })
      assert.equal(fake.seen.length, retryable ? 6 : 1)
    })
  }

  it('a refused connection is STORE_UNREACHABLE, after some tries', async () => {
    const store = createS3ObjectStore({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      bucket: 'bucket',
      credentials: { accessKeyId: 'a', secretAccessKey: SECRET },
      firstPauseMs: 1,
    })
    await assert.rejects(store.put(key, Buffer.from('x'), options), {
      code: 'STORE_UNREACHABLE',
      retryable: true,
    })
  })
})

describe('S3 store: trouble that passes', () => {
  it('is tried again in place', async () => {
    await using fake = await startFakeS3((_, response, count) => {
      if (count === 1) refuse(response, 503, 'SlowDown')
      else if (count === 2) response.destroy()
      else response.end('here')
    })
    assert.equal(Buffer.from(await fake.store.get(key)).toString(), 'here')
    assert.equal(fake.seen.length, 3)
  })

  it('ends at the call timeout where the store never answers', async () => {
    await using fake = await startFakeS3(() => undefined, { callTimeoutMs: 100 })
    await assert.rejects(fake.store.head(key), { code: 'STORE_UNREACHABLE', retryable: true })
  })

  it('ends at the request timeout and tries again', async () => {
    await using fake = await startFakeS3(
      (_, response, count) => {
        if (count > 1) response.end('here')
      },
      { requestTimeoutMs: 80 },
    )
    assert.equal(Buffer.from(await fake.store.get(key)).toString(), 'here')
  })

  it('ends at the call timeout where a listing stalls in the middle', async () => {
    await using fake = await startFakeS3(
      (_, response) => {
        response.writeHead(200, { 'content-length': '500' })
        response.write('<ListBucketResult>')
      },
      { callTimeoutMs: 100 },
    )
    await assert.rejects(readAll(fake.store), { code: 'STORE_UNREACHABLE' })
  })
})

describe('S3 store: a body that does not come whole', () => {
  for (const how of ['closed', 'reset', 'silent'] as const) {
    it(`${how} half way fails as retryable, and is read again by get`, async () => {
      const whole = Buffer.alloc(100_000, 'x')
      await using fake = await startFakeS3(
        (_, response, count) => {
          response.writeHead(200, { 'content-length': String(whole.byteLength) })
          if (count > 2) {
            response.end(whole)
            return
          }
          response.write(whole.subarray(0, 50_000), () => {
            if (how === 'closed') response.socket?.end()
            if (how === 'reset') response.socket?.resetAndDestroy()
          })
        },
        how === 'silent' ? { idleTimeoutMs } : {},
      )
      const stream = await fake.store.getStream(key)
      await assert.rejects(
        async () => {
          for await (const _chunk of stream) continue
        },
        { code: 'STORE_UNREACHABLE', retryable: true },
      )
      assert.ok(whole.equals(await fake.store.get(key)))
      assert.equal(fake.seen.length, 3)
    })
  }

  it('never comes: get gives up after three reads', async () => {
    await using fake = await startFakeS3((_, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => response.socket?.end())
    })
    await assert.rejects(fake.store.get(key), /The body was cut/)
    assert.equal(fake.seen.length, 3)
  })

  it('a chunked body without its end fails too', async () => {
    await using fake = await startFakeS3((_, response) => {
      response.writeHead(200, { connection: 'close' })
      response.write('half', () => response.socket?.end())
    })
    await assert.rejects(fake.store.get(key), { code: 'STORE_UNREACHABLE' })
  })

  it('a reader that is slow itself is not cut off', async () => {
    const whole = Buffer.alloc(4_000_000, 'x')
    await using fake = await startFakeS3(
      (_, response) => {
        response.writeHead(200, { 'content-length': String(whole.byteLength) })
        response.end(whole)
      },
      { idleTimeoutMs },
    )
    let readBytes = 0
    for await (const chunk of await fake.store.getStream(key)) {
      if (readBytes === 0) await new Promise((resolve) => setTimeout(resolve, idleTimeoutMs * 2))
      readBytes += Buffer.from(chunk).byteLength
    }
    assert.equal(readBytes, whole.byteLength)
  })

  it('a stream dropped unread lets its socket go', async () => {
    const closed = Promise.withResolvers<void>()
    await using fake = await startFakeS3((_, response) => {
      response.on('close', closed.resolve)
      response.writeHead(200, { 'content-length': '1000000' })
      response.write(Buffer.alloc(1000))
    })
    const stream = await fake.store.getStream(key)
    stream.destroy()
    await closed.promise
  })
})

describe('S3 store: listings', () => {
  it('go on with the token as it was given, and take names as they are', async () => {
    const names = ['a+b', 'a&b', 'a b', 'a%20b', '<a>']
    await using fake = await startFakeS3((_, response, count) => {
      const entries = (count === 1 ? names.slice(0, 3) : names.slice(3)).map(
        (name) =>
          `<Contents><Key>${name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>`,
      )
      const more = `<IsTruncated>${count === 1}</IsTruncated><NextContinuationToken>a+b/c=&amp;d %2B</NextContinuationToken>`
      response.end(`<ListBucketResult>${more}${entries.join('')}</ListBucketResult>`)
    })
    const listed: string[] = []
    for await (const facts of fake.store.list('')) listed.push(facts.key)
    assert.deepEqual(listed, names)
    const tokens = fake.seen.map(({ url }) =>
      new URL(url, 'http://fake').searchParams.get('continuation-token'),
    )
    assert.deepEqual(tokens, [null, 'a+b/c=&d %2B'])
  })

  it('cut short without a token are an error, never the whole', async () => {
    await using fake = await startFakeS3((_, response) => {
      response.end('<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>')
    })
    await assert.rejects(readAll(fake.store), { code: 'STORE_FAILED' })
  })

  it('that give the same token again are an error, never endless', async () => {
    await using fake = await startFakeS3((_, response) => {
      response.end(
        '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>',
      )
    })
    await assert.rejects(readAll(fake.store), /cannot be trusted/)
    assert.equal(fake.seen.length, 2)
  })

  it('a delete that one key refuses names that key', async () => {
    await using fake = await startFakeS3((_, response) => {
      response.end(
        '<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>',
      )
    })
    await assert.rejects(fake.store.delete(['a' as ObjectKey, 'b' as ObjectKey]), {
      code: 'STORE_DENIED',
      message: /key=b/,
    })
  })
})

async function readAll(store: ObjectStore): Promise<void> {
  for await (const _facts of store.list('')) continue
}
