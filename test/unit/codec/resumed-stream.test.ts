import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { MemoryObjectStore, type ObjectKey, type ObjectStream } from '../../../codec/index.ts'
import { resumedStream } from '../../../codec/resumed-stream.ts'
import { storeUnreachable } from '../../../codec/s3-error.ts'
import { startFakeS3, type FakeS3 } from './fake-s3-server.ts'
import { serveObject, type Cut, type ServedObject } from './served-object.ts'

const key = 'folder/object' as ObjectKey
const body = randomBytes(100_000)
const half: ServedObject = { body, etag: 'e1', sentBytes: 50_000 }
const readers = {
  get: async ({ store }: FakeS3) => Buffer.from(await store.get(key)),
  resumedStream: async ({ store }: FakeS3) => bytesOf(resumedStream(store, key)),
}

for (const [name, read] of Object.entries(readers)) {
  describe(`a body cut on its way, read by ${name}`, () => {
    for (const cut of ['closed', 'reset', 'silent'] satisfies Cut[]) {
      // Longer than a busy machine keeps this process waiting.
      const options = cut === 'silent' ? { idleTimeoutMs: 300 } : {}

      it(`${cut} half way is read on from the byte reached`, async () => {
        await using fake = await serve((count) => (count === 1 ? { ...half, cut } : whole), options)
        assert.ok(body.equals(await read(fake)))
        assert.deepEqual(rangesOf(fake), [undefined, 'bytes=50000-'])
        assert.equal(fake.seen[1]?.headers['if-match'], '"e1"')
      })

      it(`${cut} half way is whole too where the store knows no ranges`, async () => {
        await using fake = await serve(
          (count) => ({ ...(count === 1 ? { ...half, cut } : whole), ignoresRange: true }),
          options,
        )
        assert.ok(body.equals(await read(fake)))
        assert.equal(fake.seen.length, 2)
      })

      it(`${cut} without a further byte ends after three attempts`, async () => {
        await using fake = await serve(
          (count) => ({ ...half, sentBytes: count === 1 ? 1 : 0, cut }),
          options,
        )
        await assert.rejects(read(fake), { code: 'STORE_UNREACHABLE', retryable: true })
        assert.deepEqual(rangesOf(fake), [undefined, 'bytes=1-', 'bytes=1-'])
      })
    }

    it('is read on as often as it takes while bytes come', async () => {
      await using fake = await serve(() => ({ ...half, sentBytes: 9_000, cut: 'closed' }))
      assert.ok(body.equals(await read(fake)))
      assert.equal(fake.seen.length, 12)
      assert.equal(rangesOf(fake)[11], 'bytes=99000-')
    })

    it('after its last byte is not read again', async () => {
      await using fake = await startFakeS3(({ headers, method }, response, count) => {
        if (count > 1) serveObject({ headers, method, url: '', body: Buffer.of() }, response, whole)
        else {
          response.writeHead(200, { etag: '"e1"', connection: 'close' })
          response.write(body, () => response.socket?.end())
        }
      })
      assert.ok(body.equals(await read(fake)))
      assert.deepEqual(
        fake.seen.map(({ method, headers }) => [method, headers.range]),
        [
          ['GET', undefined],
          ['GET', 'bytes=100000-'],
          ['HEAD', undefined],
        ],
      )
    })
  })
}

describe('an object replaced while its body was cut', () => {
  const second: ServedObject = { body: randomBytes(100_000), etag: 'e2' }
  const noted: readonly (readonly [string, Partial<ServedObject>])[] = [
    ['noticed by the store', {}],
    ['by a store that ignores If-Match', { ignoresIfMatch: true }],
    ['by a store that ignores Range too', { ignoresIfMatch: true, ignoresRange: true }],
  ]
  for (const [how, habits] of noted) {
    it(`${how} ends a stream as retryable, with bytes of the first alone`, async () => {
      await using fake = await serve((count) =>
        count === 1 ? { ...half, cut: 'closed' } : { ...second, ...habits },
      )
      const received: Buffer[] = []
      await assert.rejects(
        async () => {
          for await (const chunk of resumedStream(fake.store, key))
            received.push(Buffer.from(chunk))
        },
        { code: 'OBJECT_REPLACED', retryable: true },
      )
      assert.ok(body.subarray(0, 50_000).equals(Buffer.concat(received)))
    })

    it(`${how} is given whole by get`, async () => {
      await using fake = await serve((count) =>
        count === 1 ? { ...half, cut: 'closed' } : { ...second, ...habits },
      )
      assert.ok(Buffer.from(second.body).equals(await fake.store.get(key)))
    })
  }

  it('is read on too, once get has started over with it', async () => {
    const answers = [half, second, { ...second, sentBytes: 60_000 }, second]
    await using fake = await serve((count) => ({
      cut: 'closed',
      ...(answers[count - 1] ?? second),
    }))
    assert.ok(Buffer.from(second.body).equals(await fake.store.get(key)))
    assert.deepEqual(
      fake.seen.map(({ headers }) => [headers.range, headers['if-match']]),
      [
        [undefined, undefined],
        ['bytes=50000-', '"e1"'],
        [undefined, undefined],
        ['bytes=60000-', '"e2"'],
      ],
    )
  })

  it('at every attempt is given up by get', async () => {
    await using fake = await serve((count) => ({ ...half, etag: `e${count}`, cut: 'closed' }))
    await assert.rejects(fake.store.get(key), { retryable: true })
  })

  it('by one of another length, of the same etag, is not mixed with it', async () => {
    const shorter = { body: body.subarray(0, 60_000), etag: 'e1' }
    await using fake = await serve((count) => (count === 1 ? { ...half, cut: 'closed' } : shorter))
    await assert.rejects(bytesOf(resumedStream(fake.store, key)), { code: 'OBJECT_REPLACED' })
  })
})

describe('an object without an etag', () => {
  const { etag: _, ...nameless } = half

  it('cut on its way ends a stream: nothing tells that it is the same still', async () => {
    await using fake = await serve(() => ({ ...nameless, cut: 'closed' }))
    await assert.rejects(bytesOf(resumedStream(fake.store, key)), {
      code: 'STORE_UNREACHABLE',
      retryable: true,
    })
    assert.equal(fake.seen.length, 1)
  })

  it('is read again from its start by get', async () => {
    await using fake = await serve((count) =>
      count === 1 ? { ...nameless, cut: 'closed' } : { body },
    )
    assert.ok(body.equals(await fake.store.get(key)))
    assert.deepEqual(rangesOf(fake), [undefined, undefined])
  })
})

describe('a resumed stream', () => {
  it('says that its object is missing', async () => {
    const stream = resumedStream(new MemoryObjectStore(), key)
    await assert.rejects(bytesOf(stream), { code: 'OBJECT_MISSING' })
  })

  it('ends on abort, before it began and while the store is silent', async () => {
    await using fake = await serve(() => ({ ...half, cut: 'silent' }))
    const fired = AbortSignal.abort(new Error('too late'))
    await assert.rejects(bytesOf(resumedStream(fake.store, key, { signal: fired })), /too late/)
    assert.equal(fake.seen.length, 0)
    const abort = new AbortController()
    const stream = resumedStream(fake.store, key, { signal: abort.signal })
    stream.once('data', () => abort.abort(new Error('enough')))
    await assert.rejects(once(stream, 'end'), /enough/)
  })

  it('that is dropped lets its socket go at once, and reads no more', async () => {
    const closed = Promise.withResolvers<void>()
    await using fake = await startFakeS3(
      (request, response) => {
        response.on('close', closed.resolve)
        serveObject(request, response, { ...half, cut: 'silent' })
      },
      { idleTimeoutMs: 600_000 },
    )
    const stream = resumedStream(fake.store, key)
    stream.resume()
    await once(stream, 'data')
    // Later, when it waits for bytes that do not come.
    await nextTurn()
    stream.destroy(storeUnreachable('the reader is gone', {}))
    await assert.rejects(once(stream, 'close'), /the reader is gone/)
    await closed.promise
    assert.equal(fake.seen.length, 1)
  })

  it('tries as often as it is told', async () => {
    await using fake = await serve(() => ({ ...half, sentBytes: 0, cut: 'closed' }))
    const stream = resumedStream(fake.store, key, { maxAttempts: 2 })
    await assert.rejects(bytesOf(stream), { code: 'STORE_UNREACHABLE' })
    assert.equal(fake.seen.length, 2)
  })

  it('gives the object or fails, wherever it is cut and replaced', async () => {
    const versions = [randomBytes(1000), randomBytes(1000)]
    const cut = fc.record({ sentBytes: fc.nat(1000), isReplaced: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 6 }), async (cuts) => {
        const store = new CutStore(cuts)
        let version = 0
        const put = async (): Promise<void> =>
          store.put(key, versions[version++ % 2] ?? Buffer.of(), { contentType: 'x/y' })
        store.replace = put
        await put()
        const received = await bytesOf(resumedStream(store, key)).catch((error: unknown) => {
          assert.ok(error instanceof Error && 'retryable' in error && error.retryable === true)
        })
        if (received !== undefined) assert.ok(versions.some((known) => known.equals(received)))
      }),
    )
  })
})

const whole: ServedObject = { body, etag: 'e1' }

/** A memory store whose streams break, one after the other, as `cuts` says. */
class CutStore extends MemoryObjectStore {
  replace: () => Promise<void> = async () => undefined
  readonly #cuts: { sentBytes: number; isReplaced: boolean }[]

  constructor(cuts: readonly { sentBytes: number; isReplaced: boolean }[]) {
    super()
    this.#cuts = [...cuts]
  }

  override async getStream(
    ...call: Parameters<MemoryObjectStore['getStream']>
  ): Promise<ObjectStream> {
    const stream = await super.getStream(...call)
    const cut = this.#cuts.shift()
    if (cut === undefined) return stream
    const replace = this.replace
    const broken = Readable.from(
      (async function* () {
        yield (await bytesOf(stream)).subarray(0, cut.sentBytes)
        if (cut.isReplaced) await replace()
        throw storeUnreachable('The body was cut', {})
      })(),
      { objectMode: false },
    )
    return Object.assign(broken, { objectBytes: stream.objectBytes, etag: stream.etag })
  }
}

async function serve(
  objectOf: (count: number) => ServedObject,
  options: { readonly idleTimeoutMs?: number } = {},
): Promise<FakeS3> {
  return startFakeS3(
    (request, response, count) => serveObject(request, response, objectOf(count)),
    options,
  )
}

function rangesOf({ seen }: FakeS3): (string | undefined)[] {
  return seen.map(({ headers }) => headers.range)
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
