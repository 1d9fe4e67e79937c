import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Readable } from 'node:stream'
import { ClaimCheckError, type ObjectKey, type ObjectStore } from '../../codec/index.ts'

export interface ObjectStoreSuiteOptions {
  readonly open: () => Promise<ObjectStore>
  /** The part size the store was opened with; sizes around it are tried. */
  readonly partBytes: number
}

const PLAIN = { contentType: 'application/octet-stream' }

/** What every implementation of the port must do, on every server. */
export function objectStoreSuite(title: string, options: ObjectStoreSuiteOptions): void {
  describe(`object store: ${title}`, () => {
    const root = `suite-${randomUUID()}`
    const key = (text: string): ObjectKey => `${root}/${text}` as ObjectKey
    let store: ObjectStore
    before(async () => {
      store = await options.open()
      await store.ensureBucket()
    })
    after(async () => {
      const left = await keysOf(store, `${root}/`)
      await store.delete(left)
      store.close()
    })

    it('gives back what was put, with its facts', async () => {
      const body = randomBytes(1000)
      const startedAt = Date.now()
      await store.put(key('facts'), body, {
        contentType: 'text/csv',
        metadata: { 'Plain-Bytes': '1000', note: 'a b' },
      })
      assert.deepEqual(Buffer.from(await store.get(key('facts'))), body)
      const head = await store.head(key('facts'))
      assert.ok(head)
      assert.equal(head.key, key('facts'))
      assert.equal(head.sizeBytes, 1000)
      assert.equal(head.contentType, 'text/csv')
      assert.deepEqual({ ...head.metadata }, { 'plain-bytes': '1000', note: 'a b' })
      assert.ok(Math.abs(head.lastModified.getTime() - startedAt) < 60_000)
    })

    it('replaces an object whole', async () => {
      await store.put(key('replaced'), Buffer.alloc(5000, 'a'), PLAIN)
      await store.put(key('replaced'), Buffer.from('short'), PLAIN)
      assert.equal(Buffer.from(await store.get(key('replaced'))).toString(), 'short')
    })

    it('keeps its own copy of the bytes', async () => {
      const body = Buffer.from('before')
      await store.put(key('copied'), body, PLAIN)
      body.write('after!')
      assert.equal(Buffer.from(await store.get(key('copied'))).toString(), 'before')
    })

    it('keeps an empty object', async () => {
      await store.put(key('empty'), new Uint8Array(), PLAIN)
      assert.equal((await store.get(key('empty'))).byteLength, 0)
      assert.equal((await store.head(key('empty')))?.sizeBytes, 0)
    })

    it('refuses to hold more than the reader takes', async () => {
      await store.put(key('limited'), randomBytes(1000), PLAIN)
      for (const maxBytes of [1000, 1001]) {
        assert.equal((await store.get(key('limited'), { maxBytes })).byteLength, 1000)
      }
      for (const maxBytes of [0, 999]) {
        await assert.rejects(store.get(key('limited'), { maxBytes }), (error: Error) => {
          assert.ok(error instanceof ClaimCheckError)
          assert.deepEqual([error.code, error.retryable], ['OBJECT_TOO_LARGE', false])
          return error.message.includes('1000') && error.message.includes(key('limited'))
        })
      }
      await store.put(key('limited'), new Uint8Array(), PLAIN)
      assert.equal((await store.get(key('limited'), { maxBytes: 0 })).byteLength, 0)
    })

    it('streams from any byte on, with facts of the whole', async () => {
      const long = randomBytes(2 * options.partBytes + 1)
      const { etag } = await putAndHead(key('ranged'), long)
      for (const startBytes of [0, 1, 70_000, options.partBytes, long.byteLength - 1]) {
        const stream = await store.getStream(key('ranged'), { startBytes })
        assert.deepEqual([stream.objectBytes, stream.etag], [long.byteLength, etag])
        assert.ok((await bytesOf(stream)).equals(long.subarray(startBytes)), `from ${startBytes}`)
      }
      for (const [startBytes, endBytes] of [
        [0, 4],
        [70_000, 70_001],
        [1, long.byteLength],
        [options.partBytes, long.byteLength + 100],
      ] as const) {
        const stream = await store.getStream(key('ranged'), { startBytes, endBytes })
        assert.deepEqual([stream.objectBytes, stream.etag], [long.byteLength, etag])
        const wanted = long.subarray(startBytes, endBytes)
        assert.ok((await bytesOf(stream)).equals(wanted), `from ${startBytes} to ${endBytes}`)
      }
    })

    it('streams nothing from the end on, and refuses a start behind it', async () => {
      for (const sizeBytes of [0, 1, 5000]) {
        await store.put(key('end'), Buffer.alloc(sizeBytes, 'x'), PLAIN)
        const stream = await store.getStream(key('end'), { startBytes: sizeBytes })
        assert.equal(stream.objectBytes, sizeBytes)
        assert.equal((await bytesOf(stream)).byteLength, 0)
        const behind = store.getStream(key('end'), { startBytes: sizeBytes + 1 })
        await assert.rejects(behind, { code: 'OBJECT_REPLACED', retryable: true })
      }
      const missing = store.getStream(key('never'), { startBytes: 1 })
      await assert.rejects(missing, { code: 'OBJECT_MISSING' })
    })

    it('tells an object from the one that replaced it', async () => {
      const first = await putAndHead(key('versions'), Buffer.from('before'))
      const second = await putAndHead(key('versions'), Buffer.from('after!'))
      assert.match(first.etag, /^[^"]+$/)
      assert.notEqual(second.etag, first.etag)
      const stream = await store.getStream(key('versions'), { startBytes: 2, etag: second.etag })
      assert.equal((await bytesOf(stream)).toString(), 'ter!')
      for (const startBytes of [0, 2, 6]) {
        const stale = store.getStream(key('versions'), { startBytes, etag: first.etag })
        await assert.rejects(stale, { code: 'OBJECT_REPLACED', retryable: true })
      }
    })

    const putAndHead = async (target: ObjectKey, body: Uint8Array): Promise<{ etag: string }> => {
      await store.put(target, body, PLAIN)
      const { etag } = (await store.head(target)) ?? {}
      assert.ok(etag !== undefined)
      return { etag }
    }

    it('says that an object is missing', async () => {
      await assert.rejects(store.get(key('never')), { code: 'OBJECT_MISSING', retryable: false })
      await assert.rejects(store.getStream(key('never')), { code: 'OBJECT_MISSING' })
      await assert.rejects(store.get(key('never')), (error: Error) => {
        return error.message.includes(store.bucket) && error.message.includes(key('never'))
      })
      assert.equal(await store.head(key('never')), undefined)
    })

    it('writes only where nothing is there yet', async () => {
      assert.equal(await store.putIfAbsent(key('once'), Buffer.from('1'), PLAIN), 'written')
      assert.equal(await store.putIfAbsent(key('once'), Buffer.from('2'), PLAIN), 'present')
      assert.equal(Buffer.from(await store.get(key('once'))).toString(), '1')
    })

    it('lets one of twenty writers at once win, and fails none', async () => {
      const body = randomBytes(200_000)
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async () => store.putIfAbsent(key('race'), body, PLAIN)),
      )
      assert.equal(outcomes.filter((outcome) => outcome === 'written').length, 1)
      assert.deepEqual(Buffer.from(await store.get(key('race'))), body)
    })

    it('writes a long body only where nothing is there yet', async () => {
      const body = randomBytes(2 * options.partBytes + 1)
      assert.equal(await store.putIfAbsent(key('long-once'), body, PLAIN), 'written')
      assert.equal(await store.putIfAbsent(key('long-once'), Buffer.from('2'), PLAIN), 'present')
      assert.equal(sha256(await store.get(key('long-once'))), sha256(body))
    })

    const P = options.partBytes
    const lengths: readonly (readonly [string, number])[] = [
      ['no bytes', 0],
      ['a byte', 1],
      ['a part less one byte', P - 1],
      ['exactly a part', P],
      ['a part and one byte', P + 1],
      ['exactly two parts', 2 * P],
      ['two parts and one byte', 2 * P + 1],
    ]
    for (const [length, sizeBytes] of lengths) {
      it(`streams ${length} in and out`, async () => {
        const body = randomBytes(sizeBytes)
        const target = key(`stream-${sizeBytes}`)
        const written = await store.putStream(target, inPieces(body, 100_000), {
          contentType: 'text/plain',
          metadata: { kind: 'stream' },
        })
        assert.deepEqual(written, { sizeBytes })
        const hash = createHash('sha256')
        for await (const chunk of await store.getStream(target)) hash.update(chunk)
        assert.equal(hash.digest('hex'), sha256(body))
        const head = await store.head(target)
        assert.equal(head?.contentType, 'text/plain')
        assert.equal(head?.metadata['kind'], 'stream')
      })
    }

    it('passes an error of the source on and leaves nothing behind', async () => {
      for (const goodBytes of [10, 2 * P + 10]) {
        const target = key(`broken-${goodBytes}`)
        const boom = new Error('the source broke')
        const source = Readable.from(
          (async function* () {
            yield randomBytes(goodBytes)
            throw boom
          })(),
        )
        await assert.rejects(store.putStream(target, source, PLAIN), boom)
        assert.equal(await store.head(target), undefined)
      }
    })

    it('stops a write on abort, lets go of a source that hangs, leaves nothing behind', async () => {
      for (const goodBytes of [10, 2 * P + 10]) {
        const target = key(`aborted-${goodBytes}`)
        const abort = new AbortController()
        const source = new Readable({ read() {} })
        source.push(randomBytes(goodBytes))
        setTimeout(() => abort.abort(new Error('enough')), 100)
        const writing = store.putStream(target, source, { ...PLAIN, signal: abort.signal })
        await assert.rejects(writing, /enough/)
        assert.equal(source.destroyed, true)
        assert.equal(await store.head(target), undefined)
      }
    })

    it('does nothing under a signal that has fired', async () => {
      const signal = AbortSignal.abort(new Error('too late'))
      const target = key('too-late')
      await assert.rejects(store.put(target, Buffer.from('x'), { ...PLAIN, signal }), /too late/)
      const source = inPieces(Buffer.from('x'), 1)
      await assert.rejects(store.putStream(target, source, { ...PLAIN, signal }), /too late/)
      await assert.rejects(store.get(target, { signal }), /too late/)
      await assert.rejects(store.delete([target], { signal }), /too late/)
      assert.equal(await store.head(target), undefined)
    })

    it('ends a read on abort', async () => {
      const abort = new AbortController()
      await store.put(key('read-abort'), randomBytes(2 * P), PLAIN)
      const body = await store.getStream(key('read-abort'), { signal: abort.signal })
      await assert.rejects(async () => {
        for await (const _chunk of body) abort.abort(new Error('enough'))
      }, /enough/)
    })

    it('keeps keys of any characters apart', async () => {
      const names = ['a+b', 'a b', 'a%20b', 'a&b=c', 'a%2Bb', 'ünï—字', "q'(x)!*", 'x=2Fy', 'a#b?c']
      for (const name of names) await store.put(key(`odd/${name}`), Buffer.from(name), PLAIN)
      const listed = await keysOf(store, key('odd/'))
      assert.deepEqual(listed.toSorted(), names.map((name) => key(`odd/${name}`)).toSorted())
      for (const name of listed) {
        const body = Buffer.from(await store.get(name)).toString()
        assert.equal(key(`odd/${body}`), name)
      }
      await store.delete(listed)
      assert.deepEqual(await keysOf(store, key('odd/')), [])
    })

    it('lists, reads and deletes past a thousand, whatever the names', async () => {
      const odd = ['', '+', '&', ' ', '%20', '%2B', '=']
      const names = Array.from({ length: 2500 }, (_, index) =>
        key(`many/${String(index).padStart(5, '0')}${odd[index % odd.length]}x`),
      )
      await inBatches(names, async (name) => store.put(name, Buffer.from(name), PLAIN))
      assert.deepEqual(await keysOf(store, key('many/')), names)
      const tail: ObjectKey[] = []
      const startAfter = names[1199] ?? ''
      for await (const { key: found } of store.list(key('many/'), { startAfter })) tail.push(found)
      assert.deepEqual(tail, names.slice(1200))
      await inBatches(tail, async (name) => {
        assert.equal(Buffer.from(await store.get(name)).toString(), name)
      })
      await store.delete([...names, key('many/never-there')])
      assert.deepEqual(await keysOf(store, key('many/')), [])
    })

    it('lists by any prefix, with sizes', async () => {
      await store.put(key('list/ab/1'), Buffer.from('12345'), PLAIN)
      await store.put(key('list/abc'), Buffer.from('1'), PLAIN)
      await store.put(key('list/b'), Buffer.from('1'), PLAIN)
      const sizes: Record<string, number> = {}
      for await (const facts of store.list(key('list/ab'))) sizes[facts.key] = facts.sizeBytes
      assert.deepEqual(sizes, { [key('list/ab/1')]: 5, [key('list/abc')]: 1 })
      assert.deepEqual(await keysOf(store, key('list/none')), [])
    })
  })
}

async function keysOf(store: ObjectStore, prefix: string): Promise<ObjectKey[]> {
  const keys: ObjectKey[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

async function inBatches(
  names: readonly ObjectKey[],
  visit: (name: ObjectKey) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < names.length; start += 50) {
    await Promise.all(names.slice(start, start + 50).map(visit))
  }
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function inPieces(body: Uint8Array, pieceBytes: number): Readable {
  return Readable.from(
    (function* () {
      for (let start = 0; start < body.byteLength; start += pieceBytes) {
        yield body.subarray(start, start + pieceBytes)
      }
    })(),
  )
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
