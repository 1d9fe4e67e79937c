import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import {
  answer,
  chunk,
  openHostileSource,
  raw,
  redirect,
  type HostileRoute,
  type HostileSource,
} from '../support/hostile-source.ts'
import { landedPages } from '../support/landed-pages.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import type { CliOutcome } from '../support/run-cli.ts'
import { chainOfHistories, historyText } from '../support/run-histories.ts'
import { runSummary } from '../support/run-summary.ts'
import type { WorkerProcess } from '../support/worker-process.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-01'
const secrets = { CLIENT_SECRET: 'sesame-4d1c7e', FORGOTTEN: 'sesame-0b5f92' }
const issued = 'sesame-token-8e2a6f'
const allSecrets = [...Object.values(secrets), issued]

const lines = [1, 2, 3].map((id) => `{"id":${id},"name":"row ${id}"}\n`).join('')
const rows = [1, 2, 3].map((id) => ({ id: `${id}`, name: `row ${id}` }))
const ndjson = (body: string | Buffer, headers = {}): HostileRoute =>
  answer({ headers: { 'Content-Type': 'application/x-ndjson', ...headers }, body })
const stream = { 'Content-Type': 'application/x-ndjson', 'Transfer-Encoding': 'chunked' }

interface LoadOptions {
  readonly attempts?: number
  readonly maxRejects?: number
  /** Of the pipeline. */
  readonly name?: string
  readonly environment?: NodeJS.ProcessEnv
}

// At the same time: each mostly waits.
describe('a load from a source in trouble', { concurrency: 4 }, () => {
  let bed: LoadBed
  let source: HostileSource
  let inside: HostileSource
  let worker: WorkerProcess
  before(async () => {
    bed = await openLoadBed({ ...secrets, CLAIMCHECK_LOG_LEVEL: 'trace' })
    worker = await bed.startWorker()
    inside = await openHostileSource({ '/rows': ndjson(lines) })
    const cut: readonly HostileRoute[] = [
      raw(stream, chunk(lines)),
      raw({ ...stream, Connection: 'close' }, chunk(lines)),
      raw({ 'Content-Length': 10_000, 'Content-Type': 'application/x-ndjson' }, lines),
      ndjson(gzipSync(lines).subarray(0, 40), { 'Content-Encoding': 'gzip' }),
      raw({ 'Content-Length': 10_000 }, lines, (socket) => socket.resetAndDestroy()),
      ndjson('<html>busy</html>', { 'Content-Type': 'text/html' }),
      answer({ status: '429 Busy', headers: { 'Retry-After': '-5' } }),
    ]
    source = await openHostileSource({
      '/cut': (socket, request) => (cut[request.count - 1] ?? ndjson(lines))(socket, request),
      '/file.ndjson.gz': answer({
        headers: { 'Content-Type': 'application/octet-stream' },
        body: Buffer.concat([gzipSync(`\uFEFF${lines.slice(0, 50)}`), gzipSync(lines.slice(50))]),
      }),
      '/csv': answer({
        headers: { 'Content-Type': 'text/csv' },
        body: '\uFEFFid,name\r\n1,row 1\r\n2,row 2\r\n3,row 3\r\n',
      }),
      '/token': answer({ body: JSON.stringify({ access_token: issued, expires_in: 3600 }) }),
      '/protected': (socket, request) =>
        (request.headers['authorization'] === `Bearer ${issued}`
          ? ndjson(lines)
          : answer({ status: '401 Unauthorized' }))(socket, request),
      '/forbidden': answer({ status: '403 Forbidden', body: issued }),
      '/html': answer({ headers: { 'Content-Type': 'text/html' }, body: '<html>Log in</html>' }),
      '/empty': answer({ body: '' }),
      '/error': answer({ body: '{"error":"rate limited","data":null}' }),
      '/error-line': ndjson(`${lines}{"error":"internal","code":500}\n`),
      '/only-error': ndjson('{"error":"rate limited"}\n'),
      '/semicolons': answer({
        headers: { 'Content-Type': 'text/csv' },
        body: 'id;name\n1;Tromsø\n',
      }),
      '/latin1': answer({
        headers: { 'Content-Type': 'text/csv; charset=latin1' },
        body: Buffer.from('id,name\n1,Tromsø\n', 'latin1'),
      }),
      '/unlisted': ndjson(lines),
      '/to-inside': redirect(`${inside.url}/rows`),
    })
  })
  after(async () => {
    await source?.close()
    await inside?.close()
    await bed?.close()
  })

  async function load(
    path: string,
    more: Readonly<Record<string, unknown>> = {},
    {
      attempts = 1,
      maxRejects = 0,
      name = uniqueName('trouble'),
      environment = {},
    }: LoadOptions = {},
  ): Promise<{ readonly name: string; readonly outcome: CliOutcome }> {
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'http', url: source.url + path, format: 'ndjson', ...more },
      columns: { id: { type: 'bigint', key: true }, name: 'text' },
      limits: { attempts },
      on_reject: { max: maxRejects },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    const args = ['run', name, '--partition', partition, '--wait', '--json']
    return { name, outcome: await bed.cli(args, environment) }
  }

  async function loadsAllRows(path: string, more: Readonly<Record<string, unknown>> = {}) {
    const { name, outcome } = await load(path, more, { attempts: 4 })
    const summary = runSummary(outcome)
    const table = await bed.database.query(
      `SELECT id::text, name FROM ${tableOf(name)} ORDER BY id`,
    )
    assert.deepEqual(table, rows)
    return { name, summary, outcome }
  }

  it('that cuts bodies off in every way has all rows once, and nothing of a cut body is landed', async () => {
    const { name, summary } = await loadsAllRows('/cut')
    assert.equal(summary.rejects, 0)
    assert.equal((await landedPages(bed.store, name)).size, 1)
    assert.equal(source.requests.filter(({ target }) => target === '/cut').length, 8)
  })

  it('that serves gzip files of several members, or byte order marks, has all rows', async () => {
    await loadsAllRows('/file.ndjson.gz')
    await loadsAllRows('/csv', { format: 'csv' })
  })

  const auth = {
    kind: 'oauth2',
    client_id: 'loader',
    client_secret: '${CLIENT_SECRET}',
    scope: 'read',
  }

  it('that asks for an access token has all rows, and no secret is anywhere', async () => {
    const oauth2 = { ...auth, token_url: `${source.url}/token` }
    const rate = { requests_per_second: 100 }
    const good = await loadsAllRows('/protected', { auth: oauth2, rate, timeout_seconds: 60 })
    assert.equal(source.requests.filter(({ target }) => target === '/token').length, 1)
    const bad = await load('/forbidden', { auth: oauth2, headers: { 'x-key': '${FORGOTTEN}' } })
    const failure = assertFailure(bad.outcome, { code: 'SOURCE_REFUSED', exitCode: 1 })
    assert.match(failure.message, /answers 403/)
    const texts = [worker.log()]
    for (const { name, outcome } of [good, bad]) {
      const workflowId = `etl/${name}/${partition}`
      const { runId } = await bed.client.workflow.getHandle(workflowId).describe()
      const histories = await chainOfHistories(bed.client, workflowId, runId)
      texts.push(outcome.stdout, outcome.stderr, historyText(histories))
      for (const prefix of ['datasets', 'landing']) {
        for await (const { key } of bed.store.list(`${prefix}/${name}/`)) {
          texts.push(key, Buffer.from(await bed.store.get(key)).toString('latin1'))
        }
      }
    }
    const text = texts.join('\n')
    assert.ok(text.includes('${CLIENT_SECRET}'), 'the reference itself is there')
    for (const secret of allSecrets) assert.ok(!text.includes(secret), 'a secret came out')
  })

  const noPages: readonly (readonly [string, string, string, RegExp])[] = [
    ['/html', 'json', 'SOURCE_MALFORMED', /200 .*begins like HTML .*contentType=text\/html/],
    ['/html', 'ndjson', 'SOURCE_MALFORMED', /200 .*begins like HTML/],
    ['/html', 'csv', 'SOURCE_MALFORMED', /200 .*begins like HTML/],
    ['/empty', 'ndjson', 'SOURCE_MALFORMED', /200 .*is empty .*contentType=application/],
    [
      '/error',
      'json',
      'SOURCE_MALFORMED',
      /no array of records at \$ .*status=200, contentType=application\/json/,
    ],
    [
      '/only-error',
      'ndjson',
      'SOURCE_MALFORMED',
      /no record .* any of the declared fields .*status=200/,
    ],
    ['/semicolons', 'csv', 'SOURCE_MALFORMED', /none of the declared columns; it has semicolons/],
    ['/latin1', 'csv', 'SOURCE_MALFORMED', /a page in latin1/],
    ['/to-inside', 'ndjson', 'SOURCE_HOST_REFUSED', /redirects to a host .*private network/],
  ]
  for (const [path, format, code, message] of noPages) {
    it(`that answers ${format} with ${path} fails, and nothing is landed`, async () => {
      const { name, outcome } = await load(path, { format })
      const failure = assertFailure(outcome, { code, exitCode: 1 })
      assert.match(failure.message, message)
      assert.doesNotMatch(failure.message, /Log in|rate limited|Tromsø/)
      assert.equal((await landedPages(bed.store, name)).size, 0)
      assert.equal(inside.requests.length, 0)
    })
  }

  it('that breaks off with a line about the error fails, and is not asked again to be slower', async () => {
    const { name, outcome } = await load('/error-line')
    assertFailure(outcome, { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 })
    const slower = { rate: { requests_per_second: 1 }, timeout_seconds: 30 }
    const again = await load('/error-line', slower, { name, maxRejects: 1 })
    assert.equal(runSummary(again.outcome).pagesFound, 1)
    assert.equal(source.requests.filter(({ target }) => target === '/error-line').length, 1)
  })

  it('is not begun where the operator does not list its host', async () => {
    const elsewhere: NodeJS.ProcessEnv = {
      CLAIMCHECK_SOURCE_HOSTS: '*.example.com, 10.0.0.0/8',
      CLAIMCHECK_TASK_QUEUE: uniqueName('listed'),
    }
    await bed.startWorker(elsewhere)
    const { outcome } = await load('/unlisted', {}, { environment: elsewhere })
    const failure = assertFailure(outcome, { code: 'SOURCE_HOST_REFUSED', exitCode: 1 })
    assert.match(failure.message, /not among those that CLAIMCHECK_SOURCE_HOSTS allows/)
    assert.ok(!source.requests.some(({ target }) => target === '/unlisted'))
  })
})
