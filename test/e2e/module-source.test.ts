import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { chainOfHistories, historyText } from '../support/run-histories.ts'
import { runSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'
import { readRejects } from './support/read-rejects.ts'

const partition = '2001-01-01'
const pageCount = 9
const token = 'not-for-histories'

const modules = {
  /** Asks a service for page after page, and remembers where it is in a cursor of its own kind. */
  'service.ts': `
    interface Context { cursor: string | undefined; options: Record<string, string>; signal: AbortSignal }
    export default async function* ({ cursor, options, signal }: Context) {
      let page: number = Number(cursor?.replace('side ø ', '') ?? 0)
      for (;;) {
        const answer = await fetch(options['url'] + '/' + page, {
          signal, headers: { authorization: options['token'] ?? '' },
        })
        if (answer.status !== 200) throw new Error('the service answers with a datum')
        const { records, last } = await answer.json()
        page += 1
        yield { records, next: last ? undefined : 'side ø ' + page }
        if (last) return
      }
    }`,
  'hostile.ts': `
    export default async function* ({ slice }) {
      yield {
        records: [
          { id: 1n, big: 12345678901234567890n, at: new Date(slice.interval.start), raw: Buffer.from([0, 255]), t: 'one\\n"\\\\\\u2028', none: undefined },
          { id: 2, big: null, x: Number.NaN },
          { id: 3, t: 'half \\ud800' },
          'no record',
          { id: 4, at: new Date('never') },
          { id: 5, x: -0, t: '' },
          [6],
          undefined,
        ],
        next: 'more',
      }
      yield { body: '{"id":7,"x":1e400}\\n{"id":8,"big":18446744073709551615}\\n' }
    }`,
}

describe('a load from a module', () => {
  let bed: LoadBed
  let server: Server
  let folder: string
  const asked: number[] = []
  /** Answers of page 5 that are errors. */
  let failures = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-modules-'))
    for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, name), text)
    server = createServer((request, response) => {
      const page = Number(request.url?.slice(1))
      asked.push(page)
      if (request.headers.authorization !== token || (page === 5 && failures-- > 0)) {
        response.writeHead(500).end()
        return
      }
      const records = [0, 1].map((index) => ({ id: page * 2 + index, t: `row ${page}` }))
      response.end(JSON.stringify({ records, last: page === pageCount - 1 }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    bed = await openLoadBed()
    await bed.startWorker({
      CLAIMCHECK_MODULES: folder,
      SERVICE_URL: `http://127.0.0.1:${address.port}`,
      SERVICE_TOKEN: token,
    })
  })
  after(async () => {
    server?.close()
    server?.closeAllConnections()
    await bed?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const run = (name: string) => bed.cli(['run', name, '--partition', partition, '--wait', '--json'])

  async function writeService(attempts: number, path = 'service.ts'): Promise<string> {
    const name = uniqueName('module')
    await writePipeline(bed.pipelines, name, {
      name,
      source: {
        kind: 'module',
        path,
        options: { url: '${SERVICE_URL}', token: '${SERVICE_TOKEN}' },
      },
      columns: { id: { type: 'bigint', key: true }, t: 'text' },
      // Two pages a batch.
      limits: { attempts, batch_bytes: 60 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    return name
  }

  async function isWhole(name: string): Promise<void> {
    const rows = await bed.database.query(`SELECT id::int, t FROM ${tableOf(name)} ORDER BY id`)
    const expected = [...Array(pageCount * 2).keys()].map((id) => ({
      id,
      t: `row ${Math.floor(id / 2)}`,
    }))
    assert.deepEqual(rows, expected)
  }

  it('goes on at the cursor after a failure: no page that was landed is asked for again', async () => {
    asked.length = 0
    failures = 2
    const name = await writeService(4)
    const summary = runSummary(await run(name))
    assert.deepEqual([summary.rows, summary.rejects, summary.pages], [18, 0, pageCount])
    assert.deepEqual(
      asked.filter((page) => page !== 5),
      [0, 1, 2, 3, 4, 6, 7, 8],
    )
    await isWhole(name)
    const histories = await chainOfHistories(bed.client, summary.workflowId, summary.runId)
    assert.doesNotMatch(historyText(histories), new RegExp(`${token}|a datum`))
  })

  it('fails with the code of the module, and the next run goes on where it ended', async () => {
    asked.length = 0
    failures = 1
    const name = await writeService(1)
    const failed = assertFailure(await run(name), { code: 'MODULE_FAILED', exitCode: 1 })
    assert.match(failed.message, /the module has thrown Error \[module=service\.ts\]/)
    assert.deepEqual(asked, [0, 1, 2, 3, 4, 5])
    const summary = runSummary(await run(name))
    assert.deepEqual(asked, [0, 1, 2, 3, 4, 5, 5, 6, 7, 8])
    assert.equal(summary.pagesFound, 5)
    await isWhole(name)

    const missing = await writeService(8, 'missing.ts')
    assertFailure(await run(missing), { code: 'MODULE_INVALID', exitCode: 1 })
  })

  it('keeps every value, and sets aside what is none', async () => {
    const name = uniqueName('hostile')
    const columns = {
      id: { type: 'bigint', key: true },
      big: 'numeric(38, 0)',
      at: 'timestamptz',
      raw: 'bytea',
      x: 'double',
      t: 'text',
      none: { type: 'text', default: 'nothing' },
    }
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'module', path: 'hostile.ts' },
      columns,
      on_reject: { max: 10 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    const summary = runSummary(await run(name))
    assert.deepEqual([summary.rows, summary.rejects], [3, 7])
    const rows = await bed.database.query(
      `SELECT id::int, big::text, to_json(at)#>>'{}' AS at, raw::text, x::text, t, none FROM ${tableOf(name)} AS r ORDER BY r.id`,
    )
    const nothing = { big: null, at: null, raw: null, x: null, t: null, none: 'nothing' }
    assert.deepEqual(rows, [
      {
        ...nothing,
        id: 1,
        big: '12345678901234567890',
        at: '2001-01-01T00:00:00+00:00',
        raw: '\\x00ff',
        t: 'one\n"\\\u2028',
      },
      { ...nothing, id: 5, x: '-0', t: '' },
      { ...nothing, id: 8, big: '18446744073709551615' },
    ])
    const rejects = await readRejects(bed.store, name)
    assert.deepEqual(
      rejects.map(({ page, record }) => [Number(/page-(\d+)/.exec(page)?.[1]), record]),
      [
        [0, 1],
        [0, 2],
        [0, 3],
        [0, 4],
        [0, 6],
        [0, 7],
        [1, 0],
      ],
    )
  })
})
