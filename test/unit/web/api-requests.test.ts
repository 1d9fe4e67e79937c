import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MemoryObjectStore, type CodedError, type ObjectStore } from '../../../codec/index.ts'
import { CommandError } from '../../../src/command-error.ts'
import { API_ROUTES } from '../../../src/web/api/api-routes.ts'
import { createApi, type ApiOptions } from '../../../src/web/api/create-api.ts'
import { EventStreams } from '../../../src/web/api/event-streams.ts'
import { startWebServer, type WebServer } from '../../../src/web/start-web-server.ts'
import { loadedLongAgo } from '../../support/loaded-long-ago.ts'

const away = new CommandError('TEMPORAL_UNREACHABLE', 'Temporal cannot be reached', { remedy: '' })

interface Options extends Partial<ApiOptions> {
  readonly failure?: unknown
  readonly directories?: readonly string[]
  readonly store?: ObjectStore
}

function apiWith({
  failure = away,
  directories = [],
  store = new MemoryObjectStore(),
  ...rest
}: Options = {}) {
  return createApi({
    host: '127.0.0.1',
    onFailure: () => undefined,
    services: {
      client: async () => {
        throw failure
      },
      schedules: () => assert.fail('there are no schedules'),
      signal: new AbortController().signal,
      directories,
      namespace: 'default',
      store,
      streams: new EventStreams(new AbortController().signal),
      taskQueue: 'claimcheck',
    },
    ...rest,
  })
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

async function ask(
  api: ReturnType<typeof apiWith>,
  path: string,
  { method = 'GET', headers = {}, body }: Asked = {},
) {
  const response = await api.request(path, {
    method,
    headers: { host: '127.0.0.1:8282', ...headers },
    ...(body === undefined ? {} : { body }),
  })
  const answer: unknown = await response.json()
  const { code } = Object(answer)
  return { status: response.status, code: String(code), answer, headers: response.headers }
}

const samples = fileURLToPath(new URL('../../../infra/sample-source/pipelines', import.meta.url))
const json = { 'content-type': 'application/json' }
const load = { method: 'POST', headers: json, body: '{"partition":"2001"}' }

describe('who may ask the API', () => {
  it('is called by the names of this machine only, where there is no token', async () => {
    for (const host of ['127.0.0.1:8282', 'localhost:1', 'LOCALHOST', '[::1]:8282', '127.9.9.9']) {
      const { status } = await ask(apiWith(), '/pipelines', { headers: { host } })
      assert.equal(status, 200, host)
    }
    for (const host of [
      'evil.example:8282',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '127.0.0.1@evil.example',
      '192.0.2.1',
      '',
    ]) {
      for (const path of ['/pipelines', '/openapi.json', '/none']) {
        const { status, code } = await ask(apiWith(), path, { headers: { host } })
        assert.deepEqual([status, code], [403, 'WEB_HOST_REFUSED'], host)
      }
    }
  })

  it('is the pages of this server, and no other', async () => {
    for (const origin of ['http://127.0.0.1:8282', 'https://127.0.0.1:8282']) {
      const { status } = await ask(apiWith(), '/pipelines', { headers: { origin } })
      assert.equal(status, 200, origin)
    }
    for (const origin of [
      'null',
      'http://127.0.0.1:8233',
      'http://localhost:8282',
      'https://evil.example',
      'http://127.0.0.1:8282.evil.example',
    ]) {
      const headers = { ...json, origin }
      const { status, code } = await ask(apiWith(), '/etl/flights', { ...load, headers })
      assert.deepEqual([status, code], [403, 'WEB_ORIGIN_REFUSED'], origin)
    }
  })

  it('has the token where there is one, under whatever name a proxy has', async () => {
    const api = apiWith({ token: 'right' })
    const host = 'claimcheck.example'
    for (const authorization of ['', 'Bearer wrong', 'Bearer rightx', 'Basic right', 'right']) {
      for (const route of API_ROUTES) {
        const path = route.path.replaceAll(/\{\w+\}/g, 'x')
        const { status, code } = await ask(api, path, {
          method: route.method.toUpperCase(),
          headers: { host, authorization },
        })
        assert.deepEqual([status, code], [401, 'WEB_TOKEN_WRONG'], path)
      }
    }
    for (const authorization of ['Bearer right', 'bearer  right']) {
      const { status } = await ask(api, '/pipelines', { headers: { host, authorization } })
      assert.equal(status, 200)
    }
    assert.equal((await ask(api, '/openapi.json', { headers: { host } })).status, 200)
    const wrong = await ask(api, '/pipelines', { headers: { host } })
    assert.equal(wrong.headers.get('www-authenticate'), 'Bearer')
    assert.equal(wrong.headers.get('cache-control'), 'no-store')
  })
})

function callWith(levels: number): string {
  const body = '['.repeat(levels) + ']'.repeat(levels)
  return `{"method":"POST","url":"https://example.com/","body":${body}}`
}

describe('a request', () => {
  const cases: Readonly<Record<string, [Asked & { readonly path?: string }, number, string]>> = {
    'that is no JSON': [{ ...load, body: '{"partition":' }, 400, 'REQUEST_INVALID'],
    'that is not UTF-8': [{ ...load, body: '"\ud800"' }, 400, 'REQUEST_INVALID'],
    'without a body': [{ method: 'POST' }, 400, 'REQUEST_INVALID'],
    'with an empty body': [{ method: 'POST', headers: json }, 400, 'REQUEST_INVALID'],
    'without a partition': [{ ...load, body: '{}' }, 400, 'REQUEST_INVALID'],
    'with a member more': [{ ...load, body: '{"partition":"2001","x":1}' }, 400, 'REQUEST_INVALID'],
    'with another type of member': [
      { ...load, body: '{"partition":2001}' },
      400,
      'REQUEST_INVALID',
    ],
    'with an unknown query parameter': [{ path: '/runs?x=1' }, 400, 'REQUEST_INVALID'],
    'with a limit that is too high': [{ path: '/runs?limit=201' }, 400, 'REQUEST_INVALID'],
    'with a state that is none': [{ path: '/runs?state=done' }, 400, 'REQUEST_INVALID'],
    'with a pipeline that cannot be one': [{ path: "/runs?pipeline=a'b" }, 400, 'REQUEST_INVALID'],
    'for a call whose body is nested without end': [
      { ...load, path: '/call', body: callWith(10_000) },
      400,
      'REQUEST_INVALID',
    ],
    'for a call whose body is nested a little': [
      { ...load, path: '/call', body: callWith(100) },
      503,
      'TEMPORAL_UNREACHABLE',
    ],
    'for the runs of a pipeline whose file is gone': [
      { path: '/runs?pipeline=gone&partition=2001' },
      503,
      'TEMPORAL_UNREACHABLE',
    ],
    'with an idempotency key that is none': [
      { ...load, headers: { ...json, 'idempotency-key': 'a b' } },
      400,
      'REQUEST_INVALID',
    ],
    'with a form': [
      { ...load, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'REQUEST_TYPE_UNSUPPORTED',
    ],
    'with plain text': [
      { ...load, headers: { 'content-type': 'text/plain' } },
      415,
      'REQUEST_TYPE_UNSUPPORTED',
    ],
    'with a body over 1 MiB': [
      { ...load, body: JSON.stringify({ partition: 'x'.repeat(1024 ** 2) }) },
      413,
      'REQUEST_TOO_LARGE',
    ],
    'for a path that is none': [{ path: '/etl/a/b' }, 404, 'ROUTE_NOT_FOUND'],
    'for a pipeline that is none': [load, 404, 'PIPELINE_NOT_FOUND'],
    'by another method': [{ method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
    'for what is loaded, without a database': [{ path: '/schedules' }, 501, 'COVERAGE_UNKNOWN'],
    'while Temporal is away': [{ path: '/runs' }, 503, 'TEMPORAL_UNREACHABLE'],
  }
  for (const [what, [{ path = '/etl/flights', ...asked }, status, code]] of Object.entries(cases)) {
    it(`${what} is answered ${status} ${code}`, async () => {
      const given = await ask(apiWith(), path, asked)
      assert.deepEqual([given.status, given.code], [status, code])
      const { message, remedy } = Object(given.answer)
      assert.deepEqual([typeof message, typeof remedy], ['string', 'string'])
    })
  }

  it('by another method is told which it may be; for the head of a stream opens none', async () => {
    for (const [path, allowed] of [
      ['/runs/x/events', 'GET'],
      ['/runs/x/cancel', 'POST'],
    ] as const) {
      for (const method of ['HEAD', 'OPTIONS', 'PUT']) {
        const answer = await apiWith().request(path, { method, headers: { host: 'localhost' } })
        assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allowed], method)
      }
    }
  })

  it('that is wrong is refused before its idempotency key is set aside in Temporal', async () => {
    const loaded = loadedLongAgo({ partition: '2001', tables: [] })
    await loaded.note('flights')
    const api = apiWith({ directories: [samples], store: loaded.store })
    const headers = { ...json, 'idempotency-key': 'one' }
    for (const [path, right, wrong] of [
      ['/etl/flights', { partition: '2001' }, { partition: 'June' }],
      ['/etl', { partition: '2001' }, { partition: 'June' }],
      ['/reprocess/flights', { partition: '2001' }, { partition: '2001', target: 'a.b.c' }],
      ['/backfill/flights', { from: '2001', to: '2002' }, { from: '2001', to: '2000' }],
    ] as const) {
      const asked = { method: 'POST', headers }
      const refused = await ask(api, path, { ...asked, body: JSON.stringify(wrong) })
      assert.deepEqual([refused.status, refused.code.endsWith('_INVALID')], [400, true], path)
      const { code } = await ask(api, path, { ...asked, body: JSON.stringify(right) })
      assert.equal(code, 'TEMPORAL_UNREACHABLE', path)
    }
    const body = JSON.stringify({ partition: '1999' })
    const absent = await ask(api, '/reprocess/flights', { method: 'POST', headers, body })
    assert.deepEqual([absent.status, absent.code], [404, 'DATASET_NOT_FOUND'])
  })

  it('that meets a defect learns nothing of it; the log does', async () => {
    const heard: CodedError[] = []
    const failure = new TypeError('password=hunter2')
    const given = await ask(apiWith({ failure, onFailure: (error) => heard.push(error) }), '/runs')
    assert.deepEqual([given.status, given.code], [500, 'WEB_FAILED'])
    assert.doesNotMatch(JSON.stringify(given.answer), /hunter2|TypeError|\.ts/)
    assert.equal(heard[0]?.cause, failure)
  })

  it('does not repeat what was sent', async () => {
    const body = JSON.stringify({ partition: 'hunter2', hunter3: 1 })
    const given = await ask(apiWith(), '/call', { ...load, body })
    assert.equal(given.status, 400)
    assert.doesNotMatch(JSON.stringify(given.answer), /hunter2/)
  })

  for (const [what, call] of Object.entries({
    'a variable that is not for calls': { url: 'https://example.com/', headers: { a: '${HOME}' } },
    'a variable in a host': { url: 'https://${ENDPOINT_HOST}/' },
    'something after a variable': { url: '${ENDPOINT_URL}.evil.example/' },
    'a user after a variable': { url: '${ENDPOINT_URL}@evil.example/' },
    'a secret for a host that the caller names': {
      url: 'https://evil.example/',
      headers: { authorization: 'Bearer ${ENDPOINT_TOKEN}' },
    },
    'a secret in clear text': {
      url: 'https://example.com/',
      headers: { Authorization: 'Bearer hunter2' },
    },
    'a user in clear text': { url: 'https://me:hunter2@example.com/' },
    'another scheme': { url: 'file:///etc/passwd' },
    'a header of the connection': { url: 'https://example.com/', headers: { host: 'x' } },
    'a line end in a header': { url: 'https://example.com/', headers: { x: 'a\r\nb: c' } },
  })) {
    it(`for a call with ${what} is refused`, async () => {
      const body = JSON.stringify({ method: 'GET', ...call })
      const given = await ask(apiWith(), '/call', { ...load, body })
      assert.deepEqual([given.status, given.code], [400, 'ENDPOINT_INVALID'])
      assert.doesNotMatch(JSON.stringify(given.answer), /hunter2/)
    })
  }
})

describe('a request over the network', () => {
  let server: WebServer
  before(async () => {
    server = await startWebServer({ host: '127.0.0.1', port: 0, fetch: apiWith().fetch })
  })
  after(() => server.stop())

  it('is cut off at 1 MiB, whatever length it declares', async () => {
    const sent = httpRequest(`${server.url}/etl/flights`, {
      method: 'POST',
      headers: { ...json, 'transfer-encoding': 'chunked' },
    })
    sent.on('error', () => undefined)
    const answered = once(sent, 'response')
    sent.write('x'.repeat(1024 ** 2 + 1))
    const [response] = await answered
    assert.equal(response.statusCode, 413)
    assert.equal(JSON.parse(await text(response)).code, 'REQUEST_TOO_LARGE')
    sent.destroy()
  })

  it('has a Host that a page cannot choose', async () => {
    const sent = httpRequest(`${server.url}/runs`, { headers: { host: 'evil.example' } })
    sent.end()
    const [response] = await once(sent, 'response')
    assert.equal(response.statusCode, 403)
    response.resume()
  })
})
