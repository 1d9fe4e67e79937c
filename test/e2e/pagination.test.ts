import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { LoadHandle } from '../../src/client/start-load.ts'
import { openLoadBed, openSampleSource, type LoadBed } from '../support/load-bed.ts'
import { sourceDigest, tableDigest } from '../support/oracle.ts'
import { flightColumns, tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { chainOfHistories, historyText, payloadsOf } from '../support/run-histories.ts'
import { runSummary } from '../support/run-summary.ts'
import type { WorkerProcess } from '../support/worker-process.ts'
import { eventually } from '../support/eventually.ts'
import { assertFailure } from './support/assert-failure.ts'

const hour = '2001-01-01T06'
const hourInterval = { since: '2001-01-01 06:00', until: '2001-01-01 07:00' }
const day = '2001-01-01'
const dayInterval = { since: '2001-01-01', until: '2001-01-02' }
const byPage = { kind: 'page', size: 250 }

const secret = 'hunter2-in-a-link'

interface PagedFlights {
  readonly next: unknown
  /** @default 'json' */
  readonly format?: 'json' | 'ndjson' | 'csv'
  readonly limits?: Readonly<Record<string, number | string>>
  readonly maxRejects?: number
}

// At the same time: each mostly waits.
describe('a source with pages', { concurrency: 4 }, () => {
  let bed: LoadBed
  let worker: WorkerProcess
  before(async () => {
    bed = await openLoadBed()
    worker = await bed.startWorker({ CLAIMCHECK_TEST_SECRET: secret })
  })
  after(() => bed?.close())

  /** A pipeline, and a source whose stats and faults no other case changes. */
  async function openPages() {
    const name = uniqueName('paged')
    const source = await openSampleSource()
    return {
      name,
      source,
      write: (flights: PagedFlights) =>
        writeFlights({ pipelines: bed.pipelines, source }, name, flights),
      run: async () => runSummary(await bed.cli(args(name))),
      [Symbol.asyncDispose]: () => source.close(),
    }
  }

  function writeFlights(
    { pipelines, source }: Pick<LoadBed, 'pipelines' | 'source'>,
    name: string,
    flights: PagedFlights,
  ): Promise<void> {
    const { next, format = 'json', limits = {}, maxRejects = 0 } = flights
    const isJson = format === 'json'
    return writePipeline(pipelines, name, {
      name,
      source: {
        kind: 'http',
        url: `${source.url}/flights${isJson ? '' : `.${format}`}`,
        query: { since: '{interval.start}', until: '{interval.end}', per_page: 250 },
        format,
        ...(isJson ? { records: '$.data' } : {}),
        next,
      },
      columns: flightColumns,
      limits,
      on_reject: { max: maxRejects },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
  }

  const args = (name: string) => ['run', name, '--partition', hour, '--wait', '--json']

  async function assertExact(
    name: string,
    database = bed.database,
    interval = hourInterval,
  ): Promise<void> {
    assert.deepEqual(await tableDigest(database, tableOf(name)), await sourceDigest(interval))
  }

  for (const format of ['json', 'ndjson', 'csv'] as const) {
    for (const [what, next] of [
      ['number', 'page'],
      ['offset', 'offset'],
      ['Link header', 'link-header'],
    ] as const) {
      it(`by ${what} is loaded exactly, as ${format}`, async () => {
        await using paged = await openPages()
        await paged.write({ next, format })
        const { pages, rows } = await paged.run()
        await assertExact(paged.name)
        const full = Math.ceil(rows / 250)
        assert.ok(full > 1)
        // Only an empty page says that there is no more; a link says so itself.
        assert.equal(pages, next === 'link-header' ? full : full + 1)
        assert.equal(paged.source.stats().requests, pages)
      })
    }
  }

  it('that are all full but the last needs no empty one to end', async () => {
    await using paged = await openPages()
    await paged.write({ next: { kind: 'offset', size: 250 } })
    const { pages, rows } = await paged.run()
    await assertExact(paged.name)
    assert.equal(pages, Math.ceil(rows / 250))
  })

  for (const next of [byPage, 'link-header'] as const) {
    const kind = typeof next === 'string' ? next : next.kind
    it(`by ${kind} is not asked again by a retry for what is landed`, async () => {
      await using paged = await openPages()
      await paged.write({ next })
      paged.source.setFaults({
        rules: [{ kind: 'cut', afterBytes: 5000, framing: 'close', times: 1, per: 'page' }],
      })
      const { pages, pagesFound } = await paged.run()
      await assertExact(paged.name)
      assert.ok(pages > 2)
      assert.equal(pagesFound, pages - 1, 'an attempt goes on where the last one ended')
      assert.equal(paged.source.stats().requests, 2 * pages, 'each page was cut once')
      assert.equal(paged.source.stats().pagesRefetched, 0)
    })

    it(`by ${kind} is not asked again by a new run after one that failed`, async () => {
      await using paged = await openPages()
      await paged.write({ next })
      paged.source.setFaults({
        rules: [{ kind: 'malformed-value', row: 700, column: 'delay', value: 'late' }],
      })
      assertFailure(await bed.cli(args(paged.name)), { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 })
      const { requests } = paged.source.stats()
      await paged.write({ next, maxRejects: 1 })
      const corrected = await paged.run()
      assert.equal(corrected.rejects, 1)
      assert.equal(corrected.pagesFound, corrected.pages)
      assert.equal(paged.source.stats().requests, requests, 'nothing was fetched')
    })

    it(`by ${kind} loses only the pages in flight with a worker that is killed`, async (t) => {
      const name = uniqueName('paged')
      const other = await openLoadBed()
      t.after(() => other.close())
      const { source } = other
      const doomed = await other.startWorker()
      await writeFlights(other, name, { next, limits: { batch_bytes: '200KiB' } })
      source.setFaults({ latencyMs: 40 })
      const load: LoadHandle = await other.start(name, day)
      await eventually(
        '25 pages',
        async () => (source.stats().pagesFetched >= 25 ? true : undefined),
        60_000,
      )
      await doomed.kill()
      await other.startWorker()
      await load.result()
      await assertExact(name, other.database, dayInterval)
      const { pages } = source.stats()
      const again = Object.values(pages).reduce((sum, page) => sum + page.requests - 1, 0)
      // Three on their way to the store, and one that is fetched or waits for a place there.
      assert.ok(again <= 4, `${again} pages were fetched again`)
    })
  }

  it('goes on behind the limit of pages when that is raised, without fetching again', async () => {
    await using paged = await openPages()
    await paged.write({ next: byPage, limits: { max_pages: 2 } })
    const failure = assertFailure(await bed.cli(args(paged.name)), {
      code: 'PAGE_LIMIT_EXCEEDED',
      exitCode: 1,
    })
    assert.match(failure.message, /after 2 pages/)
    assert.equal(paged.source.stats().requests, 2)
    await paged.write({ next: byPage, limits: { max_pages: 1000 } })
    const { pages, pagesFound } = await paged.run()
    assert.equal(pagesFound, 2)
    assert.equal(paged.source.stats().requests, pages)
    await assertExact(paged.name)
  })

  it('keeps its secrets out of histories and objects, though its links repeat them', async () => {
    const name = uniqueName('paged')
    const seen: (string | undefined)[] = []
    await using server = await serve((request, response) => {
      const url = new URL(request.url ?? '', 'http://source.invalid')
      seen.push(request.url)
      const page = Number(url.searchParams.get('page') ?? 1)
      url.searchParams.set('page', String(page + 1))
      if (page < 5) response.setHeader('link', `<${url.pathname}${url.search}>; rel="next"`)
      response.end(JSON.stringify([{ id: page }]))
    })
    await writePipeline(bed.pipelines, name, {
      name,
      source: {
        kind: 'http',
        url: `${server.url}/rows`,
        query: { api_key: '${CLAIMCHECK_TEST_SECRET}', size: 1 },
        next: 'link-header',
      },
      columns: { id: { type: 'bigint', key: true } },
      // A batch a page: each link goes through the history.
      limits: { batch_bytes: 1 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    const load = await bed.start(name, hour)
    await load.result()
    assert.equal(seen.length, 5)
    assert.ok(seen.every((address) => address?.includes(`api_key=${secret}`)))

    const texts: string[] = []
    for (const history of await chainOfHistories(bed.client, load.workflowId, load.runId)) {
      let payloads = payloadsOf(history)
      for (const codec of bed.client.options.loadedDataConverter.payloadCodecs.toReversed()) {
        payloads = await codec.decode(payloads)
      }
      texts.push(historyText(history), historyText(payloads))
    }
    assert.ok(
      texts.some((text) => text.includes('size=1&page=3')),
      'links are in the history',
    )
    for (const prefix of ['landing/', 'datasets/']) {
      for await (const { key } of bed.store.list(`${prefix}${name}/`)) {
        const head = await bed.store.head(key)
        const body = Buffer.from(await bed.store.get(key)).toString('latin1')
        texts.push(key, JSON.stringify(head?.metadata), body)
      }
    }
    texts.push(worker.log())
    assert.ok(texts.some((text) => text.includes('"next-link":"?size=1&page=2"')))
    assert.ok(texts.every((text) => !text.includes(secret)))
  })

  it('that is the same page for ever fails instead of running on', async () => {
    const name = uniqueName('paged')
    let requests = 0
    await using server = await serve((_request, response) => {
      requests += 1
      response.end('[{"id":1}]')
    })
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'http', url: `${server.url}/rows`, next: 'page' },
      columns: { id: { type: 'bigint', key: true } },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    const failure = assertFailure(await bed.cli(args(name)), {
      code: 'PAGE_REPEATED',
      exitCode: 1,
    })
    assert.match(failure.message, /repeats a page/)
    assert.equal(requests, 2)
  })

  it('that leads elsewhere fails', async () => {
    const name = uniqueName('paged')
    await using server = await serve((_request, response) => {
      response.setHeader('link', '<http://evil.invalid/rows>; rel="next"')
      response.end('[{"id":1}]')
    })
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'http', url: `${server.url}/rows`, next: 'link-header' },
      columns: { id: { type: 'bigint', key: true } },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    const failure = assertFailure(await bed.cli(args(name)), {
      code: 'NEXT_LINK_REFUSED',
      exitCode: 1,
    })
    assert.match(failure.message, /leads to another origin/)
  })
})

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
