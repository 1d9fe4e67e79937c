import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import {
  answer,
  chunk,
  openHostileSource,
  raw,
  type HostileSource,
} from '../../support/hostile-source.ts'
import { resetLater } from '../../support/reset-later.ts'
import { fetchFrom } from './fetch-from.ts'

const ndjson = { 'Content-Type': 'application/x-ndjson' }
const rows = Array.from({ length: 500 }, (_, id) => `{"id":${id},"v":"row ${id}"}\n`).join('')
const zipped = gzipSync(rows)
const close = { ...ndjson, Connection: 'close' }
const chunked = { ...ndjson, 'Transfer-Encoding': 'chunked' }
const gzip = { 'Content-Encoding': 'gzip' }
const badSum = Buffer.from(zipped)
badSum.writeUInt32LE(0xbad, badSum.length - 8)
const file = (body: Buffer | string) =>
  answer({ headers: { 'Content-Type': 'application/octet-stream' }, body })

describe('a body', () => {
  let source: HostileSource
  before(async () => {
    source = await openHostileSource({
      '/chunks-then-close': raw({ ...chunked, Connection: 'close' }, chunk(rows)),
      '/chunks-then-end': raw(chunked, chunk(rows)),
      '/length-short': raw({ ...close, 'Content-Length': 100_000 }, rows),
      '/length-in-characters': raw({ ...ndjson, 'Content-Length': rows.length - 18 }, rows),
      '/length-in-characters-close': raw({ ...close, 'Content-Length': rows.length - 18 }, rows),
      '/half-gzip': raw({ ...close, ...gzip }, zipped.subarray(0, zipped.length >> 1)),
      '/reset': raw({ ...ndjson, 'Content-Length': 100_000 }, rows, resetLater),
      '/stall': raw({ ...ndjson, 'Content-Length': 100_000 }, rows, () => undefined),
      '/no-length': raw(close, rows),
      '/no-length-json': raw({ Connection: 'close' }, '[{"id":1}]'),
      '/no-length-gzip': raw({ ...close, ...gzip }, zipped),
      '/whole-chunks': raw(chunked, `${chunk(rows)}0\r\n\r\n`),
      '/no-trailer': answer({ headers: gzip, body: zipped.subarray(0, -4) }),
      '/bad-sum': answer({ headers: gzip, body: badSum }),
      '/members': file(Buffer.concat([gzipSync('{"id":1}\n'), gzipSync('{"id":2}\n')])),
      '/padding-behind': file(Buffer.concat([zipped, Buffer.alloc(512)])),
      '/garbage-behind': file(Buffer.concat([zipped, Buffer.from('garbage')])),
      '/wrong-label': answer({ headers: gzip, body: rows }),
      '/file': file(zipped),
      '/file-sent-as-gzip': answer({ headers: gzip, body: gzipSync(zipped) }),
      '/three-layers': file(gzipSync(gzipSync(zipped))),
      '/brotli': answer({ headers: { 'Content-Encoding': 'br' }, body: 'x' }),
      '/bomb': file(gzipSync(Buffer.alloc(2 ** 21, '{}\n'))),
    })
  })
  after(() => source.close())

  const fetch = (path: string, timeoutMs?: number) =>
    fetchFrom({ url: source.url + path, format: 'ndjson', timeoutMs })
  const asked = (path: string) => source.requests.filter(({ target }) => target === path).length

  for (const path of [
    '/chunks-then-close',
    '/chunks-then-end',
    '/length-in-characters',
    '/length-in-characters-close',
    '/length-short',
    '/half-gzip',
    '/reset',
    '/no-trailer',
    '/bad-sum',
    '/garbage-behind',
  ]) {
    it(`that is cut off or damaged (${path}) is asked for again, and taken for no page`, async () => {
      await assert.rejects(fetch(path), { code: 'SOURCE_UNREACHABLE', retryable: true })
      assert.equal(asked(path), 4)
    })
  }

  it('that never ends is given up', async () => {
    await assert.rejects(fetch('/stall', 50), {
      code: 'SOURCE_UNREACHABLE',
      retryable: true,
      message: /longer than `source\.timeout_seconds`/,
    })
  })

  it('of which nothing tells the length is refused, where its format has no end of its own', async () => {
    await assert.rejects(fetch('/no-length'), {
      code: 'SOURCE_MALFORMED',
      retryable: false,
      message: /nothing tells the length.*contentType=application\/x-ndjson/,
    })
    const json = await fetchFrom({ url: `${source.url}/no-length-json` })
    assert.equal(json.body.toString(), '[{"id":1}]')
    assert.equal((await fetch('/no-length-gzip')).body.toString(), rows)
    assert.equal((await fetch('/whole-chunks')).body.toString(), rows)
  })

  it('of gzip is unpacked with all its members, be it declared or the file itself', async () => {
    assert.equal((await fetch('/members')).body.toString(), '{"id":1}\n{"id":2}\n')
    for (const path of ['/file', '/padding-behind', '/file-sent-as-gzip']) {
      assert.equal((await fetch(path)).body.toString(), rows, path)
    }
  })

  it('whose content encoding is another than it says is refused', async () => {
    const refused = {
      '/wrong-label': /declared to be gzip, and is not/,
      '/brotli': /not asked for/,
    }
    for (const [path, message] of Object.entries(refused)) {
      await assert.rejects(fetch(path), { code: 'SOURCE_MALFORMED', message })
    }
    await assert.rejects(fetch('/three-layers'), { message: /gzip within gzip/ })
  })

  it('that is too large when it is unpacked is refused before it is unpacked', async () => {
    await assert.rejects(fetch('/bomb'), { code: 'PAGE_TOO_LARGE', retryable: false })
  })

  it('is given up when the attempt is cancelled', async () => {
    const cancel = new AbortController()
    const fetching = fetchFrom({ url: `${source.url}/stall` }, { signal: cancel.signal })
    cancel.abort(new Error('cancelled'))
    await assert.rejects(fetching, { message: 'cancelled' })
  })
})
