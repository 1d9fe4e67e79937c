import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { FileSource } from '../../../../src/sources/files/file-source.ts'
import {
  answer,
  openHostileSource,
  type HostileRoute,
  type HostileSource,
} from '../../../support/hostile-source.ts'
import { fileRoute, type FileRouteOptions } from './file-route.ts'
import { files, openFiles, openOnly } from './read-files.ts'

const text = Array.from({ length: 500 }, (_, id) => `{"id":${id}}\n`).join('')
const body = Buffer.from(text)
const other = Buffer.from(text.replaceAll('"id"', '"no"'))
const changed = Buffer.from(text.replace('"id":499', '"id":500'))
const one = { ETag: '"one"', 'Accept-Ranges': 'bytes' }
const two = { ...one, ETag: '"two"' }
const dated = (day: number) => ({ 'Last-Modified': `Mon, 0${day} Jan 2001 00:00:00 GMT` })

const firstCut = (cutAfterBytes: number) => (count: number) =>
  count === 1 ? cutAfterBytes : undefined
const always =
  (file: Buffer, headers = {}) =>
  () => ({ body: file, headers })
const later = (first: ReturnType<FileRouteOptions['file']>, now: typeof first) => (count: number) =>
  count === 1 ? first : now

const ROUTES: Readonly<Record<string, HostileRoute>> = {
  '/range': fileRoute({ file: always(body, one), cutAfterBytes: firstCut(3000) }),
  '/range-chunks': fileRoute({
    file: always(body, one),
    cutAfterBytes: firstCut(3000),
    framing: 'chunks',
  }),
  '/range-reset': fileRoute({
    file: always(body, one),
    cutAfterBytes: firstCut(3000),
    end: 'reset',
  }),
  '/range-silence': fileRoute({
    file: always(body, one),
    cutAfterBytes: firstCut(3000),
    end: 'silence',
  }),
  '/range-again-and-again': fileRoute({
    file: always(body, one),
    cutAfterBytes: (count) => (count < 8 ? 700 : undefined),
  }),
  '/last-chunk-missing': fileRoute({
    file: always(body, one),
    cutAfterBytes: firstCut(body.length),
    framing: 'chunks',
  }),
  '/in-parts': fileRoute({
    file: always(body, one),
    cutAfterBytes: firstCut(3000),
    ranges: 'in parts',
  }),
  '/whole-again': fileRoute({
    file: always(body, one),
    cutAfterBytes: firstCut(3000),
    ranges: 'ignored',
  }),
  '/part-of-nobody-knows-what': fileRoute({
    file: (count) => ({ body, headers: count === 2 ? {} : one }),
    cutAfterBytes: firstCut(3000),
    ranges: 'without If-Range',
  }),
  '/dated': fileRoute({ file: always(body, dated(1)), cutAfterBytes: firstCut(3000) }),
  '/nothing-told': fileRoute({
    file: always(body),
    cutAfterBytes: (count) => (count < 4 ? 1200 + 700 * count : undefined),
    framing: 'chunks',
  }),
  '/gzip': fileRoute({ file: always(gzipSync(body)), cutAfterBytes: firstCut(300) }),
  '/other-etag': fileRoute({
    file: later({ body, headers: one }, { body: other, headers: two }),
    cutAfterBytes: firstCut(3000),
  }),
  '/other-etag-all-the-same': fileRoute({
    file: later({ body, headers: one }, { body: other, headers: two }),
    cutAfterBytes: firstCut(3000),
    ranges: 'without If-Range',
  }),
  '/shorter': fileRoute({
    file: later({ body, headers: one }, { body: body.subarray(0, 2000), headers: two }),
    cutAfterBytes: firstCut(3000),
    ranges: 'without If-Range',
  }),
  '/other-date': fileRoute({
    file: later({ body, headers: dated(1) }, { body, headers: dated(2) }),
    cutAfterBytes: firstCut(3000),
  }),
  '/other-length': fileRoute({
    file: later({ body }, { body: body.subarray(0, 5000) }),
    cutAfterBytes: firstCut(3000),
  }),
  '/other-bytes': fileRoute({
    file: later({ body }, { body: other }),
    cutAfterBytes: firstCut(3000),
  }),
  '/fewer-bytes': fileRoute({
    file: later({ body }, { body: body.subarray(0, 2000) }),
    cutAfterBytes: firstCut(3000),
    framing: 'chunks',
  }),
  '/other-weak-etag': fileRoute({
    file: later({ body, headers: { ETag: 'W/"1"' } }, { body, headers: { ETag: 'W/"2"' } }),
    cutAfterBytes: firstCut(3000),
  }),
  '/other-encoding': fileRoute({
    file: later(
      { body, headers: one },
      { body: gzipSync(body), headers: { ...one, 'Content-Encoding': 'gzip' } },
    ),
    cutAfterBytes: firstCut(3000),
    ranges: 'ignored',
  }),
  '/later-unframed': (socket, request) => {
    const isFirst = request.count === 1
    fileRoute({
      file: always(body, dated(1)),
      cutAfterBytes: isFirst ? firstCut(3000) : () => 5000,
      framing: isFirst ? 'chunks' : 'none',
    })(socket, request)
  },
  '/gone': (socket, request) =>
    (request.count > 1
      ? answer({ status: '404 Not Found' })
      : fileRoute({ file: always(body, one), cutAfterBytes: firstCut(3000) }))(socket, request),
  '/shifted': fileRoute({
    file: always(body, one),
    cutAfterBytes: firstCut(3000),
    ranges: 'shifted',
  }),
  '/never-further': fileRoute({
    file: always(body, one),
    cutAfterBytes: (count) => (count === 1 ? 3000 : 0),
  }),
  '/never-further-anew': fileRoute({ file: always(body), cutAfterBytes: () => 3000 }),
  // What came before the cut is what it was: nobody can tell, and nothing is mixed.
  '/other-end': fileRoute({
    file: later({ body }, { body: changed }),
    cutAfterBytes: firstCut(3000),
    framing: 'chunks',
  }),
}

describe('a file whose transfer is cut off', () => {
  let server: HostileSource
  let source: FileSource
  before(async () => {
    server = await openHostileSource(ROUTES)
    source = openFiles({ idleTimeoutMs: 1000 })
  })
  after(async () => {
    source.close()
    await server.close()
  })

  async function read(path: string): Promise<string> {
    const { opened, stream } = await openOnly(source, files(server.url + path))
    try {
      return Buffer.concat(await Array.fromAsync(stream.read(0))).toString()
    } finally {
      await opened.close()
    }
  }
  const ranges = (path: string) =>
    server.requests
      .filter(({ target }) => target === path)
      .map(({ headers }) => [headers['range'], headers['if-range']])
      .slice(1)

  for (const path of ['/range', '/range-chunks', '/range-reset', '/range-silence']) {
    it(`goes on where it was (${path})`, async () => {
      assert.equal(await read(path), text)
      assert.deepEqual(ranges(path), [['bytes=3000-', '"one"']])
    })
  }

  it('goes on as often as it is cut, while it gets further', async () => {
    assert.equal(await read('/range-again-and-again'), text)
    assert.equal(ranges('/range-again-and-again').length, 7)
  })

  for (const path of [
    '/last-chunk-missing',
    '/in-parts',
    '/whole-again',
    '/part-of-nobody-knows-what',
    '/dated',
    '/nothing-told',
    '/gzip',
  ]) {
    it(`is read to its end by whatever the server offers (${path})`, async () => {
      assert.equal(await read(path), text)
    })
  }

  for (const path of [
    '/other-etag',
    '/other-etag-all-the-same',
    '/shorter',
    '/other-date',
    '/other-length',
    '/other-bytes',
    '/fewer-bytes',
    '/other-weak-etag',
    '/other-encoding',
  ]) {
    it(`and then is another one fails the attempt (${path})`, async () => {
      await assert.rejects(read(path), { code: 'SOURCE_CHANGED', retryable: true })
    })
  }

  it('and then is gone is missing', async () => {
    await assert.rejects(read('/gone'), { code: 'FILE_MISSING' })
  })

  it('is not gone on with by other bytes than were asked for', async () => {
    await assert.rejects(read('/shifted'), { code: 'SOURCE_MALFORMED', retryable: true })
  })

  it('is not gone on with by an answer whose own end would go unnoticed', async () => {
    await assert.rejects(read('/later-unframed'), { code: 'SOURCE_UNREACHABLE', retryable: true })
  })

  it('is given up when it gets no further', async () => {
    for (const path of ['/never-further', '/never-further-anew']) {
      await assert.rejects(read(path), { code: 'SOURCE_UNREACHABLE', retryable: true })
      assert.equal(ranges(path).length, 3, path)
    }
  })

  it('without a word of its version ends as it does when it is read again', async () => {
    assert.equal(await read('/other-end'), changed.toString())
  })
})
