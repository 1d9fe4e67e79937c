import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ask,
  jsonPayload,
  send,
  serverOn,
  UI_ORIGIN,
  type CodecServer,
} from './codec-server-samples.ts'
import { WatchedStore } from './watched-store.ts'

const payloads = [jsonPayload('value')]

function preflight(server: CodecServer, origin: string) {
  return send(
    server,
    new Request('http://127.0.0.1/codec/decode', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    }),
  )
}

describe('codec server: pages', () => {
  const server = serverOn(new WatchedStore(), { allowedOrigins: [UI_ORIGIN], token: 'right' })

  it('an allowed page may ask, with every header that the Temporal UI sends', async () => {
    const { status, headers, text } = await preflight(server, UI_ORIGIN)
    assert.deepEqual([status, text], [204, ''])
    assert.equal(headers.get('access-control-allow-origin'), UI_ORIGIN)
    assert.equal(
      headers.get('access-control-allow-headers'),
      'content-type, x-namespace, authorization, authorization-extras',
    )
    assert.match(headers.get('access-control-allow-methods') ?? '', /POST/)
    assert.equal(headers.get('vary'), 'Origin')
    // For a proxy in front that knows people by a cookie.
    assert.equal(headers.get('access-control-allow-credentials'), 'true')
  })

  it('an allowed page can read answers and refusals', async () => {
    for (const authorization of ['Bearer right', 'Bearer wrong']) {
      const { headers } = await ask(server, 'decode', payloads, {
        origin: UI_ORIGIN,
        authorization,
      })
      assert.equal(headers.get('access-control-allow-origin'), UI_ORIGIN)
      assert.equal(headers.get('cache-control'), 'no-store')
    }
  })

  for (const origin of ['http://localhost:9999', 'http://localhost:8233.evil.example', 'null']) {
    it(`a page of ${origin} may not ask, and nothing is done for it`, async () => {
      const store = new WatchedStore()
      const guarded = serverOn(store, { allowedOrigins: [UI_ORIGIN] })
      const asked = await preflight(guarded, origin)
      assert.deepEqual([asked.status, asked.code], [403, 'CODEC_ORIGIN_REFUSED'])
      const large = [jsonPayload('x'.repeat(5000))]
      const answer = await ask(guarded, 'encode', large, { origin })
      assert.deepEqual([answer.status, answer.code], [403, 'CODEC_ORIGIN_REFUSED'])
      assert.equal(answer.headers.get('access-control-allow-origin'), null)
      assert.deepEqual(store.written, [])
    })
  }

  it('no list of origins means no page, and `*` is no origin', async () => {
    const { status } = await ask(serverOn(new WatchedStore()), 'decode', [], { origin: UI_ORIGIN })
    assert.equal(status, 403)
    for (const origin of ['*', `${UI_ORIGIN}/`, 'localhost']) {
      assert.throws(() => serverOn(new WatchedStore(), { allowedOrigins: [origin] }), RangeError)
    }
  })
})

describe('codec server: token', () => {
  const server = serverOn(new WatchedStore(), { token: 'right' })

  for (const authorization of [undefined, '', 'right', 'Bearer', 'Bearer wrong', 'Basic right']) {
    it(`${authorization ?? 'none'} is refused, whatever is asked for`, async () => {
      for (const route of ['encode', 'decode', 'download']) {
        const headers = authorization === undefined ? {} : { authorization }
        const answer = await ask(server, route, payloads, headers)
        assert.deepEqual([answer.status, answer.code], [401, 'CODEC_TOKEN_WRONG'])
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
        assert.doesNotMatch(answer.text, /right|InZhbHVl/)
      }
    })
  }

  it('the right one is let in, as any client writes it', async () => {
    for (const authorization of ['Bearer right', 'bearer right']) {
      assert.equal((await ask(server, 'decode', payloads, { authorization })).status, 200)
    }
  })

  it('an empty one is a mistake, not none', () => {
    assert.throws(() => serverOn(new WatchedStore(), { token: '' }), RangeError)
  })
})

describe('codec server: requests', () => {
  const server = serverOn(new WatchedStore(), { maxBodyBytes: 1000 })

  async function sendBody(
    body: string | ReadableStream,
    init: RequestInit & { duplex?: 'half' } = {},
  ) {
    const headers = { 'x-namespace': 'default' }
    const url = 'http://127.0.0.1/codec/decode'
    return send(server, new Request(url, { method: 'POST', headers, body, ...init }))
  }

  it('other paths and methods are told apart', async () => {
    for (const path of ['codec/show', 'codec/decoded', 'codec/nodecode', 'codec/decode/x', '']) {
      const url = `http://127.0.0.1/${path}`
      const other = await send(server, new Request(url, { method: 'POST' }))
      assert.deepEqual([other.status, other.code], [404, 'CODEC_REQUEST_INVALID'])
    }
    const get = await send(server, new Request('http://127.0.0.1/codec/decode'))
    assert.deepEqual([get.status, get.code], [405, 'CODEC_REQUEST_INVALID'])
    assert.equal(get.headers.get('allow'), 'POST, OPTIONS')
  })

  for (const body of ['', 'hunter2', '[]', 'null', '{"payloads":{}}']) {
    it(`the body ${JSON.stringify(body)} is refused and not quoted`, async () => {
      const answer = await sendBody(body)
      assert.deepEqual([answer.status, answer.code], [400, 'CODEC_REQUEST_INVALID'])
      assert.doesNotMatch(answer.text, /hunter2/)
    })
  }

  for (const bad of [
    { data: 'hunter2!' },
    { data: 5 },
    { metadata: { hunter2: '?' } },
    'hunter2',
  ]) {
    it(`${JSON.stringify(bad)} is refused by its index and not quoted`, async () => {
      const answer = await ask(server, 'decode', [{}, bad])
      assert.deepEqual([answer.status, answer.code], [400, 'CODEC_REQUEST_INVALID'])
      assert.match(answer.text, /Payload 1 is not a payload/)
      assert.doesNotMatch(answer.text, /hunter2/)
    })
  }

  it('a body over the limit is read no further, whatever length it declares', async () => {
    const fitting = await sendBody(`${' '.repeat(1000 - 15)}{"payloads":[]}`)
    assert.equal(fitting.status, 200)
    const declared = await sendBody('x'.repeat(1001))
    assert.deepEqual([declared.status, declared.code], [413, 'CODEC_REQUEST_TOO_LARGE'])
    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1
        controller.enqueue(Buffer.alloc(400, 'x'))
      },
    })
    const streamed = await sendBody(endless, { duplex: 'half' })
    assert.deepEqual([streamed.status, streamed.code], [413, 'CODEC_REQUEST_TOO_LARGE'])
    assert.ok(pulled < 10, `${pulled} pieces were read`)
  })

  it('a body that is no UTF-8 is refused, not mended', async () => {
    const text = Buffer.from('{"payloads":[],"x":"?"}')
    text.writeUInt8(0xff, text.indexOf('?'))
    const url = 'http://127.0.0.1/codec/decode'
    const headers = { 'x-namespace': 'default' }
    const answer = await send(server, new Request(url, { method: 'POST', headers, body: text }))
    assert.deepEqual([answer.status, answer.code], [400, 'CODEC_REQUEST_INVALID'])
  })

  it('a body over 32 MiB is refused where nothing else is said', async () => {
    const lenient = serverOn(new WatchedStore())
    const spaces = Buffer.alloc(1024 * 1024, ' ')
    const bodyOf = (mebibytes: number): ReadableStream => {
      let left = mebibytes
      return new ReadableStream({
        pull(controller) {
          left -= 1
          // The last one is the request itself, at the very end.
          controller.enqueue(left > 0 ? spaces : Buffer.from('{"payloads":[]}'.padStart(1024 ** 2)))
          if (left === 0) controller.close()
        },
      })
    }
    for (const [mebibytes, status] of [
      [32, 200],
      [33, 413],
    ] as const) {
      const init = {
        method: 'POST',
        headers: { 'x-namespace': 'default' },
        duplex: 'half',
      } as const
      const url = 'http://127.0.0.1/codec/decode'
      const request = new Request(url, { ...init, body: bodyOf(mebibytes) })
      assert.equal((await send(lenient, request)).status, status)
    }
  })

  it('a body that breaks off is the fault of who sends it', async () => {
    const cut = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"payl'))
        controller.error(new Error('hunter2'))
      },
    })
    const answer = await sendBody(cut, { duplex: 'half' })
    assert.deepEqual([answer.status, answer.code], [400, 'CODEC_REQUEST_INVALID'])
    assert.doesNotMatch(answer.text, /hunter2/)
  })
})
