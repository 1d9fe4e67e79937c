import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { SourceAuth } from '../../../activities/index.ts'
import { createHttpSource } from '../../../src/sources/http-source.ts'
import {
  answer,
  openHostileSource,
  redirect,
  type HostileRoute,
  type HostileSource,
} from '../../support/hostile-source.ts'
import { fetchFrom, request } from './fetch-from.ts'

const environment = { USER: 'me', TOKEN: 't0ken', PASSWORD: 'p:ss w%rd', BAD: 'a\r\nx: y' }
const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('a source is told who asks', () => {
  let source: HostileSource
  let tokenRoute: HostileRoute
  let pageRoute: HostileRoute
  let issued = 0
  const issue: (more?: Record<string, unknown>) => HostileRoute =
    (more = {}) =>
    (...args) => {
      issued += 1
      answer({ body: JSON.stringify({ access_token: `token-${issued}`, ...more }) })(...args)
    }
  before(async () => {
    source = await openHostileSource({
      '/page': (...args) => pageRoute(...args),
      '/token': (...args) => tokenRoute(...args),
    })
  })
  beforeEach(() => {
    issued = 0
    tokenRoute = issue({ token_type: 'Bearer', expires_in: 3600 })
    pageRoute = answer({ body: '[]' })
  })
  after(() => source.close())

  const sent = () => source.requests.at(-1)?.headers
  const fetch = (auth: SourceAuth) =>
    fetchFrom({ url: `${source.url}/page`, auth }, { environment })
  const oauth2 = (more: { scope?: string } = {}) =>
    ({
      kind: 'oauth2',
      tokenUrl: `${source.url}/token`,
      clientId: 'client',
      clientSecret: '${PASSWORD}',
      ...more,
    }) as const
  const open = () => createHttpSource({ environment, firstDelayMs: 1 })
  const page = () => request({ url: `${source.url}/page`, auth: oauth2() })
  const asked = (path: string) => source.requests.filter(({ target }) => target === path)

  it('by a bearer token, a user and password, or a header', async () => {
    await fetch({ kind: 'bearer', token: '${TOKEN}' })
    assert.equal(sent()?.['authorization'], 'Bearer t0ken')
    await fetch({ kind: 'basic', user: '${USER}', password: '${PASSWORD}' })
    assert.equal(sent()?.['authorization'], `Basic ${base64('me:p:ss w%rd')}`)
    await fetch({ kind: 'header', name: 'X-Key', value: 'Key ${TOKEN}' })
    assert.equal(sent()?.['x-key'], 'Key t0ken')
  })

  it('and a secret that cannot be sent is named and not shown', async () => {
    for (const auth of [
      { kind: 'bearer', token: '${BAD}' },
      { kind: 'header', name: 'x-key', value: '${BAD}' },
    ] as const) {
      await assert.rejects(fetch(auth), (error: Error) => {
        assert.ok('code' in error && error.code === 'SOURCE_SETTING_INVALID')
        assert.doesNotMatch(error.message, /x: y/)
        return true
      })
    }
  })

  it('by an access token that is asked for once and kept', async () => {
    const http = open()
    const scoped = request({ url: `${source.url}/page`, auth: oauth2({ scope: 'read all' }) })
    const earlier = asked('/token').length
    for (let pages = 0; pages < 3; pages += 1) await http.fetchPage(scoped)
    http.close()
    assert.equal(sent()?.['authorization'], 'Bearer token-1')
    const requests = asked('/token').slice(earlier)
    assert.equal(requests.length, 1)
    assert.equal(requests[0]?.body, 'grant_type=client_credentials&scope=read+all')
    assert.equal(requests[0].headers['authorization'], `Basic ${base64('client:p%3Ass+w%25rd')}`)
  })

  it('by an access token of which nobody says when it expires', async () => {
    for (const more of [{}, { expires_in: null }, { expires_in: 0 }, { expires_in: 'never' }]) {
      tokenRoute = issue(more)
      await fetch(oauth2())
      assert.equal(sent()?.['authorization'], `Bearer token-${issued}`)
    }
  })

  it('by another access token, once, when the source refuses the kept one', async () => {
    const http = open()
    await http.fetchPage(page())
    pageRoute = (...args) =>
      sent()?.['authorization'] === 'Bearer token-2'
        ? answer({ body: '[]' })(...args)
        : answer({ status: '401 Unauthorized' })(...args)
    await http.fetchPage(page())
    assert.equal(issued, 2)
    pageRoute = answer({ status: '401 Unauthorized' })
    await assert.rejects(http.fetchPage(page()), {
      code: 'SOURCE_REFUSED',
      message: /the source answers 401/,
    })
    assert.equal(issued, 3)
    http.close()
  })

  it('by another access token when the kept one has expired', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: 0 })
    const http = open()
    await http.fetchPage(page())
    context.mock.timers.setTime(3_569_000)
    await http.fetchPage(page())
    assert.equal(issued, 1)
    context.mock.timers.setTime(3_571_000)
    await http.fetchPage(page())
    assert.equal(issued, 2)
    http.close()
  })

  it('and a token server that gives none is said to, without a secret', async () => {
    const noToken = { code: 'SOURCE_MALFORMED', retryable: true }
    const cases: readonly (readonly [HostileRoute, object])[] = [
      [
        answer({ status: '401 Unauthorized', body: '{"error":"t0ken"}' }),
        { code: 'SOURCE_REFUSED', retryable: false, message: /token server answers 401/ },
      ],
      [answer({ status: '503 Busy' }), { code: 'SOURCE_UNREACHABLE', retryable: true }],
      [redirect('/page'), { code: 'SOURCE_REFUSED', message: /answers 302/ }],
      [answer({ body: '<html>' }), noToken],
      [answer({ body: '{"access_token":""}' }), noToken],
      [answer({ body: '{"access_token":"a\\r\\nb: c"}' }), noToken],
      [answer({ body: `{"access_token":"${'x'.repeat(70_000)}"}` }), { code: 'PAGE_TOO_LARGE' }],
    ]
    const earlier = asked('/page').length
    for (const [route, expected] of cases) {
      tokenRoute = route
      await assert.rejects(fetch(oauth2()), (error: Error) => {
        assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /p:ss|p%3Ass|t0ken|b: c/)
        return true
      })
      await assert.rejects(fetch(oauth2()), expected)
    }
    assert.equal(asked('/page').length, earlier, 'nothing was asked without a token')
  })
})

describe('connections', () => {
  it('into a private network serve no redirect, though they are open', async () => {
    const alive = { Connection: 'keep-alive' }
    const inside = await openHostileSource({
      '/page': (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n[]')
      },
    })
    const outside = await openHostileSource({
      '/to-inside': answer({
        status: '302 Found',
        headers: { ...alive, Location: `http://inside.test:${inside.port}/page` },
      }),
    })
    const http = createHttpSource({
      environment: {},
      resolve: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    })
    try {
      await http.fetchPage(request({ url: `http://inside.test:${inside.port}/page` }))
      await assert.rejects(http.fetchPage(request({ url: `${outside.url}/to-inside` })), {
        code: 'SOURCE_HOST_REFUSED',
      })
      assert.equal(inside.requests.length, 1)
    } finally {
      http.close()
      await inside.close()
      await outside.close()
    }
  })
})
