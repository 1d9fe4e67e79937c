import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { callEndpoint } from '../../../activities/call-endpoint.ts'
import type { EndpointCall, EndpointResult } from '../../../activities/index.ts'
import { createEndpointCaller } from '../../../src/sources/endpoint-caller.ts'
import { parseHostList } from '../../../src/sources/host-list.ts'

const secret = 'token-7f3a/9'

describe('a call of a service', () => {
  let server: Server
  let url: string
  let asked: { request: IncomingMessage; body: string }[]
  let answer: (response: ServerResponse, request: IncomingMessage) => void
  before(async () => {
    server = createServer((request, response) => {
      void serve(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    asked.push({ request, body: await text(request) })
    answer(response, request)
  }
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked = []
    answer = (response) => response.end('{"rows":1}')
  })

  async function call(
    given: Partial<EndpointCall>,
    options: {
      readonly hosts?: string
      readonly base?: string
      readonly signal?: AbortSignal
    } = {},
  ): Promise<EndpointResult> {
    const { hosts, base = url, signal = new AbortController().signal } = options
    const endpoints = createEndpointCaller({
      environment: { ENDPOINT_URL: base, ENDPOINT_TOKEN: secret, HOME: '/root' },
      allowedHosts: hosts === undefined ? undefined : parseHostList(hosts),
    })
    try {
      return await callEndpoint(
        { endpoints },
        { method: 'GET', url: '${ENDPOINT_URL}/path', ...given },
        { signal },
      )
    } finally {
      endpoints.close()
    }
  }

  it('sends method, headers, query and body, with references filled in', async () => {
    await call({
      method: 'PUT',
      url: '${ENDPOINT_URL}/path?key=${ENDPOINT_TOKEN}',
      headers: { Authorization: 'Bearer ${ENDPOINT_TOKEN}', 'x-other': '1' },
      body: { of: ['${ENDPOINT_TOKEN}', 'é'] },
      idempotencyKey: 'key-1',
    })
    const [{ request, body } = { request: undefined, body: '' }] = asked
    assert.equal(request?.method, 'PUT')
    assert.equal(request.url, `/path?key=${secret}`)
    const { authorization, 'content-type': contentType, 'idempotency-key': key } = request.headers
    assert.deepEqual(
      [authorization, contentType, key, request.headers['x-other']],
      [`Bearer ${secret}`, 'application/json', 'key-1', '1'],
    )
    assert.equal(body, '{"of":["${ENDPOINT_TOKEN}","é"]}', 'a body is sent as it is')
  })

  it('takes a text as it is, for JSON or anything', async () => {
    await call({ method: 'POST', body: 'a=1', headers: { 'content-type': 'text/x' } })
    assert.equal(asked[0]?.body, 'a=1')
    assert.equal(asked[0].request.headers['content-type'], 'text/x')
  })

  it('has its body with every method', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const { status } = await call({ method, body: { of: 'é' } })
      assert.deepEqual([status, asked.at(-1)?.body], [200, '{"of":"é"}'], method)
    }
  })

  it('gives what is answered: text as text, all else in base64', async () => {
    assert.deepEqual(await call({}), {
      status: 200,
      contentType: undefined,
      encoding: 'text',
      body: '{"rows":1}',
      bodyBytes: 10,
    })
    const packed = gzipSync('abc')
    answer = (response) => response.writeHead(201, { 'content-type': 'x/gz' }).end(packed)
    const { body, ...rest } = await call({})
    assert.deepEqual(Buffer.from(body, 'base64'), packed, 'a file that is gzip stays one')
    assert.deepEqual(rest, {
      status: 201,
      contentType: 'x/gz',
      encoding: 'base64',
      bodyBytes: packed.length,
    })
    answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)
    assert.equal((await call({})).body, 'abc')
    answer = (response) => response.writeHead(204).end()
    assert.equal((await call({})).bodyBytes, 0)
  })

  it('is a success with the statuses that are expected, and with no others', async () => {
    answer = (response) => response.writeHead(409).end()
    assert.equal((await call({ expect: [200, 409] })).status, 409)
    answer = (response) => response.writeHead(201).end()
    await assert.rejects(call({ expect: [200] }), { code: 'ENDPOINT_REFUSED', retryable: false })
  })

  for (const status of [300, 302, 400, 401, 404, 418]) {
    it(`is final when it is answered ${status}; no redirect is followed`, async () => {
      answer = (response) => response.writeHead(status, { location: `${url}/elsewhere` }).end('x')
      await assert.rejects(call({}), { code: 'ENDPOINT_REFUSED', retryable: false })
      assert.equal(asked.length, 1)
    })
  }

  for (const [status, header, retryAfterMs] of [
    [429, '7', 7_000],
    [503, '3600', 3_600_000],
    [503, '9999999', 86_400_000],
    [503, '0', undefined],
    [500, 'soon', undefined],
    [408, '', undefined],
  ] as const) {
    it(`is tried again when it is answered ${status} with Retry-After "${header}"`, async () => {
      answer = (response) => response.writeHead(status, { 'retry-after': header }).end()
      await assert.rejects(call({}), {
        code: 'ENDPOINT_UNREACHABLE',
        retryable: true,
        retryAfterMs,
      })
    })
  }

  it('is tried again after trouble on the way', async () => {
    const troubles: Record<string, typeof answer> = {
      'cut off': (response) => {
        response.writeHead(200, { 'content-length': '10' }).write('abc')
        setImmediate(() => response.destroy())
      },
      reset: (response) => void response.destroy(),
      silent: () => undefined,
    }
    for (const [what, trouble] of Object.entries(troubles)) {
      answer = trouble
      await assert.rejects(
        call({ timeoutMs: what === 'silent' ? 50 : 5_000 }),
        { code: 'ENDPOINT_UNREACHABLE', retryable: true },
        what,
      )
    }
    const gone = { base: 'http://127.0.0.1:1' }
    await assert.rejects(call({}, gone), { code: 'ENDPOINT_UNREACHABLE', retryable: true })
  })

  it('ends when it is cancelled', async () => {
    const controller = new AbortController()
    answer = () => controller.abort(new Error('cancelled'))
    await assert.rejects(call({}, { signal: controller.signal }), { message: 'cancelled' })
  })

  it('takes 16 MiB, and no more', async () => {
    answer = (response) => response.end(Buffer.alloc(16 * 1024 ** 2, 'x'))
    assert.equal((await call({})).bodyBytes, 16 * 1024 ** 2)
    answer = (response) => response.end(Buffer.alloc(16 * 1024 ** 2 + 1))
    await assert.rejects(call({}), { code: 'ENDPOINT_TOO_LARGE', retryable: false })
    const packed = gzipSync(Buffer.alloc(16 * 1024 ** 2 + 1))
    answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)
    await assert.rejects(call({}), { code: 'ENDPOINT_TOO_LARGE', retryable: false })
  })

  it('enters private networks only where the operator names the host', async () => {
    const direct = { url: `${url}/path` }
    await assert.rejects(call(direct), { code: 'ENDPOINT_HOST_REFUSED', retryable: false })
    await call(direct, { hosts: '127.0.0.0/8' })
    await assert.rejects(call({}, { hosts: 'example.com' }), { code: 'ENDPOINT_HOST_REFUSED' })
    const metadata = { base: 'http://169.254.169.254' }
    await assert.rejects(call({}, metadata), { code: 'ENDPOINT_HOST_REFUSED' })
    assert.equal(asked.length, 1)
  })

  it('is refused where it is none, whoever has written it', async () => {
    const wrongCalls: readonly object[] = [
      { url: 5 },
      { method: 'FOO' },
      { attempts: -1 },
      { timeoutMs: 'soon' },
      { headers: { a: 1 } },
      { body: null },
      { more: true },
    ]
    for (const wrong of wrongCalls) {
      const given: Partial<EndpointCall> = Object.assign({}, wrong)
      const message = new RegExp(`^The call cannot be made: .*${Object.keys(wrong).join()}`)
      await assert.rejects(call(given), { code: 'ENDPOINT_INVALID', message, retryable: false })
    }
    assert.equal(asked.length, 0)
  })

  it('is refused where it could send a secret away', async () => {
    const wrong: Partial<EndpointCall>[] = [
      { url: `${url}/\${ENDPOINT_TOKEN}` },
      { url, headers: { 'x-token': '${ENDPOINT_TOKEN}' } },
      { headers: { 'x-home': '${HOME}' } },
      { url: '${ENDPOINT_URL}0/' },
      { url: '${ENDPOINT_URL}@127.0.0.1/' },
    ]
    for (const given of wrong) {
      await assert.rejects(call(given, { hosts: '127.0.0.1' }), { code: 'ENDPOINT_INVALID' })
    }
    assert.equal(asked.length, 0)
  })

  it('does not put a secret that comes back into the history, however it is spelled', async () => {
    const given = { headers: { 'x-token': '${ENDPOINT_TOKEN}' } }
    for (const echo of [secret, encodeURIComponent(secret), `{"was":"${secret}"}`]) {
      answer = (response) => response.end(echo)
      await assert.rejects(call(given), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'ENDPOINT_SECRET_REPEATED')
        assert.ok(!error.message.includes(secret))
        return true
      })
    }
    const base = `${url}/things/of/it`
    answer = (response) => response.end(`the next one is at ${base}/2`)
    await call({ url: '${ENDPOINT_URL}/1' }, { base })
  })

  it('says which variable is not set', async () => {
    const given = { url: '${ENDPOINT_URL}/${ENDPOINT_OTHER}' }
    await assert.rejects(call(given), { code: 'SOURCE_SETTING_MISSING' })
  })
})
