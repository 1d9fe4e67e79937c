import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { parseHostList } from '../../../../src/sources/host-list.ts'
import type { FileSource } from '../../../../src/sources/files/file-source.ts'
import {
  answer,
  openHostileSource,
  raw,
  redirect,
  type HostileSource,
} from '../../../support/hostile-source.ts'
import { resetLater } from '../../../support/reset-later.ts'
import { files, listFiles, openFiles, openOnly, readOnly, requestOf, slice } from './read-files.ts'

const text = Array.from({ length: 2000 }, (_, id) => `{"id":${id}}\n`).join('')
const long = Buffer.alloc(20_000_000, 'x')
const etag = { ETag: '"one"', 'Accept-Ranges': 'bytes' }
const modified = { 'Last-Modified': 'Mon, 01 Jan 2001 00:00:00 GMT' }

describe('a file behind an HTTP server', () => {
  let server: HostileSource
  let elsewhere: HostileSource
  let source: FileSource
  const stalled: Socket[] = []
  before(async () => {
    elsewhere = await openHostileSource({
      '/file': answer({ headers: etag, body: text }),
      '/private': answer({ body: text }),
    })
    server = await openHostileSource({
      '/etag': answer({ headers: etag, body: text }),
      '/weak': answer({ headers: { ETag: 'W/"one"', ...modified }, body: text }),
      '/dated': answer({ headers: modified, body: text }),
      '/silent-end': (socket, request) =>
        (request.headers['range'] === undefined
          ? answer({ headers: etag, body: text })
          : answer({ status: '416 Range Not Satisfiable' }))(socket, request),
      '/no-ranges': answer({ headers: { ETag: '"one"' }, body: text }),
      '/nothing-told': answer({ body: text }),
      '/forbidden': answer({ status: '403 Forbidden' }),
      '/gone': answer({ status: '410 Gone' }),
      '/busy': (socket, request) =>
        (request.count < 3
          ? answer({ status: '503 Service Unavailable', headers: { 'Retry-After': 0 } })
          : answer({ body: text }))(socket, request),
      '/no-length': raw({ Connection: 'close', ...etag }, text),
      '/no-length-gzip': raw({ Connection: 'close' }, gzipSync(text)),
      '/no-length-half-gzip': raw({ Connection: 'close' }, gzipSync(text).subarray(0, 2000)),
      '/no-length-json': raw({ Connection: 'close' }, '[]'),
      '/gzip-file': answer({ headers: etag, body: gzipSync(text) }),
      '/gzip-sent': answer({ headers: { 'Content-Encoding': 'gzip' }, body: gzipSync(text) }),
      '/brotli': answer({ headers: { 'Content-Encoding': 'br' }, body: 'x' }),
      '/long': answer({ body: long }),
      '/empty': answer({ headers: etag }),
      '/secure': (socket, request) =>
        answer(
          request.headers['authorization'] === 'Bearer second'
            ? { headers: etag, body: text }
            : { status: '401 Unauthorized' },
        )(socket, request),
      '/token': (socket, request) =>
        answer({
          body: JSON.stringify({ access_token: request.count === 1 ? 'first' : 'second' }),
        })(socket, request),
      '/echo': (socket, { headers }) => {
        const seen = JSON.stringify({ key: headers['x-key'], encoding: headers['accept-encoding'] })
        answer({ body: seen })(socket, { target: '', headers, count: 1, body: '' })
      },
      '/redirect-near': redirect('/etag'),
      '/redirect-public': redirect('http://elsewhere.test/file'),
      '/redirect-private': redirect('http://10.0.0.1/private'),
      '/stall': (socket, request) => {
        stalled.push(socket)
        raw({ 'Content-Length': 1_000_000 }, text, () => undefined)(socket, request)
      },
      '/reset-later': raw({ 'Content-Length': 1_000_000 }, text, resetLater),
      '/endless': (socket) => {
        stalled.push(socket)
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
        const pour = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        }
        socket.on('drain', pour)
        pour()
      },
    })
    source = openFiles({
      environment: { BASE: server.url, KEY: 'hunter2', ID: 'me', SECRET: 'hunter3' },
    })
  })
  after(async () => {
    source.close()
    await server.close()
    await elsewhere.close()
  })

  const at = (path: string) => files(`${server.url}${path}`)

  it('has the version that its server tells, and no other', async () => {
    const version = async (path: string) => {
      const { opened } = await openOnly(source, at(path))
      await opened.close()
      return opened.version
    }
    assert.equal(await version('/etag'), '"one"')
    const dated = `${modified['Last-Modified']} ${text.length}`
    assert.equal(await version('/dated'), dated)
    assert.equal(await version('/weak'), `${dated} W/"one"`)
    assert.equal(await version('/nothing-told'), undefined)
  })

  it('is an item without being asked for, and only one', async () => {
    const asked = server.requests.length
    const url = `${server.url}/etag`
    const listed = await listFiles(source, files([url, `${server.url}/./etag`, '${BASE}/none']))
    assert.deepEqual(listed, [
      { place: '${BASE}/none', version: null, sizeBytes: null },
      { place: url.replace('/etag', '/./etag'), version: null, sizeBytes: null },
    ])
    assert.equal(server.requests.length, asked)
  })

  it('that is not there is missing, and one that may not be read is refused', async () => {
    for (const path of ['/none', '/gone']) {
      await assert.rejects(readOnly(source, at(path)), { code: 'FILE_MISSING', retryable: false })
    }
    await assert.rejects(readOnly(source, at('/forbidden')), { code: 'SOURCE_REFUSED' })
    assert.equal(await readOnly(source, at('/busy')), text)
  })

  it('is read from anywhere where the server says that it can be', async () => {
    const isSeekable = async (path: string) => {
      const { opened, stream } = await openOnly(source, at(path))
      await opened.close()
      return stream.isSeekable
    }
    assert.equal(await isSeekable('/etag'), true)
    for (const path of ['/weak', '/no-ranges', '/nothing-told', '/gzip-file']) {
      assert.equal(await isSeekable(path), false, path)
    }
    assert.equal(await readOnly(source, at('/silent-end'), { fromBytes: text.length }), '')
    for (const path of ['/etag', '/weak', '/no-ranges', '/nothing-told', '/gzip-file']) {
      for (const fromBytes of [0, 5, text.length - 1]) {
        const read = await readOnly(source, at(path), { fromBytes })
        assert.equal(read, text.slice(fromBytes), path)
      }
    }
    assert.equal(await readOnly(source, at('/empty')), '')
  })

  it('is refused where its end would go unnoticed', async () => {
    const refused = { code: 'SOURCE_MALFORMED', message: /nothing tells the length/ }
    await assert.rejects(readOnly(source, at('/no-length')), refused)
    const csv = { ...at('/no-length'), format: 'csv' } as const
    await assert.rejects(readOnly(source, csv), refused)
    assert.equal(await readOnly(source, at('/no-length-gzip')), text)
    await assert.rejects(readOnly(source, at('/no-length-half-gzip')), {
      code: 'SOURCE_MALFORMED',
      retryable: true,
    })
    assert.equal(await readOnly(source, { ...at('/no-length-json'), format: 'json' }), '[]')
  })

  it('is asked for as it is, and unpacked where it comes compressed all the same', async () => {
    assert.deepEqual(JSON.parse(await readOnly(source, at('/echo'))), { encoding: 'identity' })
    const zipped = { ...at('/echo'), headers: { 'Accept-Encoding': 'gzip' } }
    assert.deepEqual(JSON.parse(await readOnly(source, zipped)), { encoding: 'identity' })
    assert.equal(await readOnly(source, at('/gzip-sent')), text)
    await assert.rejects(readOnly(source, at('/brotli')), { code: 'SOURCE_MALFORMED' })
  })

  it('is asked for with the headers and the token of the source', async () => {
    const keyed = { ...at('/echo'), headers: { 'X-Key': '${KEY}' } }
    assert.match(await readOnly(source, keyed), /"key":"hunter2"/)
    const auth = {
      kind: 'oauth2',
      tokenUrl: `${server.url}/token`,
      clientId: '${ID}',
      clientSecret: '${SECRET}',
    } as const
    assert.equal(await readOnly(source, { ...at('/secure'), auth }), text)
  })

  it('is asked for with what the run fills in, spelled for an address', async () => {
    const marked = { ...slice, highWaterMark: 'a+b&c/d' }
    const path = at('/etag?since={interval.start}&after={high_water_mark}')
    const { item, opened } = await openOnly(source, path, { slice: marked })
    await opened.close()
    const asked = '/etag?since=2001-01-01T00%3A00%3A00Z&after=a%2Bb%26c%2Fd'
    assert.equal(server.requests.at(-1)?.target, asked)
    assert.equal(item.place, `${server.url}${asked}`)
  })

  it('has its secrets in the request, and nowhere else', async () => {
    const { item, opened } = await openOnly(source, files('${BASE}/etag?token=${KEY}'))
    await opened.close()
    assert.equal(item.place, '${BASE}/etag?token=${KEY}')
    assert.equal(server.requests.at(-1)?.target, '/etag?token=hunter2')
    const missing = files(`${server.url.replace('//', '//me:${KEY}@')}/none?token=\${KEY}`)
    await assert.rejects(openOnly(source, missing), (error: Error) => {
      assert.match(error.message, /url=http:\/\/127\.0\.0\.1:\d+\/none\]/)
      assert.doesNotMatch(error.message, /hunter2/)
      return true
    })
  })

  it('is found behind redirects, which take no header along to another origin', async () => {
    assert.equal(await readOnly(source, at('/redirect-near')), text)
    const allowed = parseHostList(`127.0.0.1, elsewhere.test`)
    const led = openFiles({
      environment: { KEY: 'hunter2' },
      allowedHosts: allowed,
      resolve: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    })
    const moved = await openHostileSource({
      '/moved': redirect(`http://elsewhere.test:${elsewhere.port}/file`),
    })
    const request = {
      ...files(`${moved.url}/moved`),
      headers: { 'X-Key': '${KEY}' },
      auth: { kind: 'bearer', token: '${KEY}' },
    } as const
    assert.equal(await readOnly(led, request, { fromBytes: 5 }), text.slice(5))
    assert.equal(moved.requests.at(-1)?.headers['x-key'], 'hunter2')
    for (const { headers } of elsewhere.requests) {
      assert.equal(headers['x-key'] ?? headers['authorization'], undefined)
    }
    assert.equal(elsewhere.requests.at(-1)?.headers['range'], 'bytes=5-')
    led.close()
    await moved.close()
  })

  it('is asked for at no host that may not be asked', async () => {
    await assert.rejects(openOnly(source, at('/redirect-private')), {
      code: 'SOURCE_HOST_REFUSED',
    })
    await assert.rejects(openOnly(source, files('http://169.254.169.254/latest')), {
      code: 'SOURCE_HOST_REFUSED',
    })
    const strict = openFiles({ allowedHosts: parseHostList('files.example.com') })
    await assert.rejects(openOnly(strict, at('/etag')), { code: 'SOURCE_HOST_REFUSED' })
    strict.close()
  })

  it('lets go of its connection when it is closed or the attempt is cancelled', async () => {
    for (const end of ['closed', 'cancelled', 'left'] as const) {
      const cancel = new AbortController()
      const { opened, stream } = await openOnly(source, at('/stall'), { signal: cancel.signal })
      const socket = stalled.at(-1)
      assert.ok(socket !== undefined)
      const closed = once(socket, 'close')
      const bytes = stream.read(0)[Symbol.asyncIterator]()
      await bytes.next()
      if (end === 'left') await bytes.return?.()
      else {
        const rest = assert.rejects(async () => {
          while ((await bytes.next()).done !== true);
        })
        if (end === 'closed') await opened.close()
        else cancel.abort(new Error('cancelled'))
        await rest
      }
      await closed
      await opened.close()
    }
  })

  it('that breaks off while nobody reads it ends no process', async () => {
    const { opened } = await openOnly(source, at('/reset-later'))
    await delay(60)
    await opened.close()
  })

  it('is not read ahead of who takes it', async () => {
    const { opened, stream } = await openOnly(source, { ...at('/endless'), compression: 'none' })
    const bytes = stream.read(0)[Symbol.asyncIterator]()
    await bytes.next()
    const socket = stalled.at(-1)
    // Until the server can write no more.
    const isFull = () => socket?.writableNeedDrain === true
    while (!isFull()) await delay(5)
    const held = process.memoryUsage().arrayBuffers
    await delay(50)
    assert.ok(process.memoryUsage().arrayBuffers - held < 2 ** 20)
    await opened.close()
  })

  it('is waited for by nobody who does not read it', async () => {
    const patient = openFiles({ idleTimeoutMs: 1000 })
    const { opened, stream } = await openOnly(patient, at('/long'))
    let readBytes = 0
    for await (const chunk of stream.read(0)) {
      if (readBytes === 0) await delay(1300)
      readBytes += chunk.byteLength
    }
    assert.equal(readBytes, long.length)
    assert.equal(server.requests.filter(({ target }) => target === '/long').length, 1)
    await opened.close()
    patient.close()
  })

  it('whose address is none when it is filled in is refused', async () => {
    const odd = openFiles({ environment: { HOST: 'h h', BASE: 'http://' } })
    for (const path of ['https://${HOST}/a', '${BASE}']) {
      await assert.rejects(listFiles(odd, files(path)), { code: 'SOURCE_SETTING_INVALID' })
    }
    const item = { place: '${NONE}', version: '', sizeBytes: null }
    await assert.rejects(odd.open({ ...requestOf(files('${NONE}')), item }), {
      code: 'SOURCE_SETTING_MISSING',
    })
    odd.close()
  })
})
