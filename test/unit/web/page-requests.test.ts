import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CommandError } from '../../../src/command-error.ts'
import { asBrowser, createPageApp, pageHost as host } from '../../support/page-app.ts'

describe('the pages', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'claimcheck-pages-test-'))
    await writeFile(join(directory, 'broken.yaml'), 'name: <script>alert(1)</script>\n')
  })
  after(() => rm(directory, { recursive: true }))

  const appWith = (token?: string) => createPageApp({ directory, token }).app

  it('give browsers HTML and programs data, and leave to the API what is its own', async () => {
    const app = appWith()
    const typeOf = async (path: string, headers: Record<string, string>) => {
      const response = await app.request(path, { headers: { host, ...headers } })
      return (response.headers.get('content-type') ?? '').split(';')[0]
    }
    assert.equal(await typeOf('/', asBrowser), 'text/html')
    assert.equal(await typeOf('/', { accept: '*/*' }), 'application/json')
    assert.equal(await typeOf('/index.json', asBrowser), 'application/json')
    assert.equal(await typeOf('/pipelines', asBrowser), 'text/html')
    const ofApi = await app.request('/pipelines', { headers: { host } })
    assert.deepEqual(Object.keys(Object(await ofApi.json())), ['pipelines'])
  })

  it('say so where there is none, in the form that was asked for', async () => {
    for (const [headers, type] of [
      [asBrowser, 'text/html; charset=utf-8'],
      [{ host }, 'application/json'],
    ] as const) {
      const response = await appWith().request('/nothing/here', { headers })
      assert.deepEqual([response.status, response.headers.get('content-type')], [404, type])
    }
  })

  it('are there where servers are away, and say what is missing', async () => {
    const response = await appWith().request('/', { headers: asBrowser })
    const text = await response.text()
    assert.equal(response.status, 200)
    assert.match(text, /TEMPORAL_UNREACHABLE/)
    assert.match(text, /broken/)
    const runs = await appWith().request('/runs', { headers: asBrowser })
    assert.deepEqual(
      [runs.status, runs.headers.get('content-type')],
      [503, 'text/html; charset=utf-8'],
    )
  })

  it('show what came from outside as text', async () => {
    const text = await (await appWith().request('/', { headers: asBrowser })).text()
    assert.ok(!text.includes('<b>cannot</b>') && text.includes('&lt;b&gt;cannot&lt;/b&gt;'), text)
    const pipelines = await (await appWith().request('/pipelines', { headers: asBrowser })).text()
    assert.ok(!pipelines.includes('<script>alert'), pipelines)
  })

  it('say how the parts are that a run needs; a program is told without a token that it is up', async () => {
    const error = new CommandError('WORKER_MISSING', 'no worker <polls>', { remedy: 'Start one.' })
    const health = async () => [
      { name: 'Node', finding: '24' },
      { name: 'worker', error },
    ]
    const { app } = createPageApp({ directory, token: 'secret', services: { health } })
    const up = await app.request('/-/health', { headers: { host } })
    assert.deepEqual(await up.json(), { status: 'ok' })
    const authorization = 'Bearer secret'
    for (const [headers, status] of [
      [asBrowser, 401],
      [{ ...asBrowser, authorization }, 200],
    ] as const) {
      assert.equal((await app.request('/-/health', { headers })).status, status)
    }
    const page = await app.request('/-/health', { headers: { ...asBrowser, authorization } })
    assert.match(
      await page.text(),
      /WORKER_MISSING<\/code> no worker &lt;polls&gt;\.<br \/>Start one\./,
    )
    const data = await app.request('/-/health.json', { headers: { host, authorization } })
    assert.deepEqual(await data.json(), {
      checks: [
        { name: 'Node', state: 'ok', finding: '24' },
        {
          name: 'worker',
          state: 'failed',
          problem: { code: 'WORKER_MISSING', message: 'no worker <polls>', remedy: 'Start one.' },
        },
      ],
    })
  })

  it('let nothing be run, loaded from elsewhere or framed', async () => {
    const { headers } = await appWith().request('/', { headers: asBrowser })
    const policy = headers.get('content-security-policy') ?? ''
    for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
      assert.ok(policy.includes(rule), policy)
    }
    assert.equal(headers.get('cache-control'), 'no-store')
  })

  it('have metrics beside them, which say what could not be asked', async () => {
    const response = await appWith().request('/metrics', { headers: { host } })
    const text = await response.text()
    // No database is known here, and Temporal is away.
    assert.match(text, /^claimcheck_server_up\{server="temporal"\} 0$/m)
    assert.ok(!text.includes('database'), text)
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  })
})
