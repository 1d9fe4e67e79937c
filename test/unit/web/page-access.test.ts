import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { isSession, sessionOf, sessionSeconds } from '../../../src/web/api/page-session.ts'
import { asBrowser, createPageApp, pageHost as host } from '../../support/page-app.ts'

const token = 'right'

function signIn(
  { app }: Pick<ReturnType<typeof createPageApp>, 'app'>,
  form: Record<string, string>,
  headers: Record<string, string> = {},
) {
  return app.request('/-/sign-in', {
    method: 'POST',
    headers: {
      host,
      origin: `http://${host}`,
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: new URLSearchParams(form).toString(),
  })
}

describe('who may see the pages', () => {
  const guarded = createPageApp({ directory: tmpdir(), token })

  it('is who has the token, whatever path is asked for, and however it is written', async () => {
    const paths = ['/', '/index.json', '/runs', '/runs.json', '/runs/etl%2Fa%2Fb', '/pipelines']
    paths.push('/datasets/a', '/datasets/a.json', '/datasets/a/2001-01', '/blobs', '/blobs/abcd')
    paths.push('/blobs/abcd/-/download', '/blobs/a%2Ejson', '/gc?plan=1', '/metrics')
    for (const path of paths) {
      for (const accept of ['text/html', '*/*']) {
        for (const method of ['GET', 'HEAD']) {
          const { status } = await guarded.app.request(path, { method, headers: { host, accept } })
          assert.equal(status, 401, `${method} ${path} ${accept}`)
        }
      }
    }
    const odd = [
      '//',
      '//runs',
      '/runs/',
      '/RUNS',
      '/%72uns',
      '/runs%2F',
      '/-/../runs',
      '/metrics/',
    ]
    for (const path of [...odd, '/Metrics', '/%6Detrics', '/.json', '/runs/%ff', '/blobs/%00']) {
      const response = await guarded.app.request(path, { headers: asBrowser })
      assert.ok([401, 404].includes(response.status), `${path} ${response.status}`)
    }
    const act = { method: 'POST', headers: asBrowser }
    assert.equal((await guarded.app.request('/runs/a/-/cancel', act)).status, 401)
  })

  it('is no page of elsewhere that has them loaded as a picture, though it may lead here', async () => {
    const { app } = createPageApp({ directory: tmpdir() })
    const statusBy = async (mode: string, site: string) => {
      const from = { 'sec-fetch-mode': mode, 'sec-fetch-site': site }
      return (await app.request('/pipelines', { headers: { ...asBrowser, ...from } })).status
    }
    assert.equal(await statusBy('no-cors', 'cross-site'), 403)
    assert.equal(await statusBy('navigate', 'cross-site'), 200)
    assert.equal(await statusBy('cors', 'same-origin'), 200)
  })

  it('shows a session in place of the token, which ends', async () => {
    const right = await signIn(guarded, { token, back: '/pipelines' })
    assert.deepEqual([right.status, right.headers.get('location')], [303, '/pipelines'])
    const cookie = right.headers.get('set-cookie') ?? ''
    assert.match(cookie, /; HttpOnly; SameSite=Strict; Max-Age=43200$/)
    assert.ok(!cookie.includes(token))
    const session = cookie.split(';')[0] ?? ''
    const statusWith = async (given: string) =>
      (await guarded.app.request('/pipelines', { headers: { ...asBrowser, cookie: given } })).status
    assert.equal(await statusWith(`other=1; ${session}`), 200)
    assert.equal(
      await statusWith(`${session.slice(0, -1)}${session.endsWith('A') ? 'B' : 'A'}`),
      401,
    )
    const prolonged = session.replace(/=\d/, (digit) => `=${digit === '=9' ? 8 : 9}`.slice(-2))
    assert.equal(await statusWith(prolonged), 401)
    const now = new Date('2026-01-01T00:00:00Z')
    const later = new Date(now.getTime() + sessionSeconds * 1000)
    assert.equal(isSession(token, sessionOf(token, now), now), true)
    assert.equal(isSession(token, sessionOf(token, now), later), false)
    assert.equal(isSession('wrong', sessionOf(token, now), now), false)
  })

  it('is told that the token is wrong, on the form, and the log is too', async () => {
    const app = createPageApp({ directory: tmpdir(), token })
    const wrong = await signIn(app, { token: 'wrong', back: '/runs?state=failed' })
    const text = await wrong.text()
    assert.equal(wrong.status, 401)
    assert.match(text, /WEB_TOKEN_WRONG/)
    assert.match(text, /name="back" value="\/runs\?state=failed"/)
    assert.ok(!text.includes('value="wrong"'))
    assert.deepEqual(
      app.failures.map(({ code }) => code),
      ['WEB_TOKEN_WRONG'],
    )
    const origin = 'https://evil.example'
    assert.equal((await signIn(app, { token, back: '/' }, { origin })).status, 403)
    const large = await signIn(app, { token: 'x'.repeat(20_000) })
    assert.equal(large.status, 400)
  })

  it('comes back to where it was asked, and nowhere else', async () => {
    const asked = await guarded.app.request('/runs?state=failed', { headers: asBrowser })
    assert.match(await asked.text(), /name="back" value="\/runs\?state=failed"/)
    for (const [back, location] of [
      ['/blobs/%E6%97%A5', '/blobs/%E6%97%A5'],
      ['/blobs/日', '/blobs/%E6%97%A5'],
      ['/runs?state=failed', '/runs?state=failed'],
      ['https://evil.example', '/'],
      ['//evil.example', '/'],
      ['/\\evil.example', '/'],
      ['/a/..//evil.example', '/evil.example'],
      ['/\r\nset-cookie: a=b', '/set-cookie:%20a=b'],
    ] as const) {
      assert.equal((await signIn(guarded, { token, back })).headers.get('location'), location, back)
    }
  })

  it('has a cookie for TLS alone where a proxy speaks that', async () => {
    const headers = { origin: 'https://claimcheck.example', host: 'claimcheck.example' }
    const response = await signIn(guarded, { token }, headers)
    assert.match(response.headers.get('set-cookie') ?? '', /; Secure$/)
  })
})
