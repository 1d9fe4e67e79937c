import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { findDatasets } from '../../activities/index.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { jsonLines } from '../support/run-cli.ts'
import { runSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'

// At the same time: each mostly waits.
describe('a source that brings fields which nobody has declared', { concurrency: true }, () => {
  let bed: LoadBed
  let server: Server
  let files: string
  /** What the source was asked for, in order. */
  const requests: string[] = []
  /** Its pages, by pipeline and night. */
  const served: Record<string, Readonly<Record<string, readonly string[]>>> = {}

  before(async () => {
    files = await mkdtemp(join(tmpdir(), 'claimcheck-test-evolving-'))
    bed = await openLoadBed()
    await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: files })
    server = createServer((request, response) => {
      requests.push(request.url ?? '')
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://source')
      const night = served[pathname.slice(1)]?.[searchParams.get('night') ?? '']
      response.end(night?.[Number(searchParams.get('page')) - 1] ?? '[]')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(async () => {
    server?.close()
    server?.closeAllConnections()
    await bed?.close()
    await rm(files, { recursive: true, force: true })
  })

  const write = (name: string, columns: object, more: object = {}) =>
    writePipeline(bed.pipelines, name, {
      name,
      schema: 'evolve',
      source: {
        kind: 'http',
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
        query: { night: '{partition}' },
        next: 'page',
      },
      columns: { id: { type: 'bigint', key: true }, ...columns },
      // Each page is a batch.
      limits: { attempts: 1, batch_bytes: 1 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
      ...more,
    })
  const asking = (name: string, night: string, page: number) =>
    `/${name}?night=${night}&page=${page}`
  const askedOf = (name: string) => requests.filter((url) => url.startsWith(`/${name}?`))
  const run = (name: string, night: string) =>
    bed.cli(['run', name, '--partition', night, '--wait', '--json'])
  const rowsOf = (name: string) =>
    bed.database.query(`SELECT to_jsonb(loaded) AS row FROM ${tableOf(name)} loaded ORDER BY id`)
  const typesOf = async (name: string) => {
    const columns = await bed.database.query(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      [tableOf(name)],
    )
    return Object.fromEntries(columns.map((column) => [column['name'], column['type']]))
  }
  const loadsOf = (name: string) =>
    bed.database.query(
      `SELECT dataset_id AS "datasetId", partition, rows_rejected::int AS rejects,
              rows_staged::int AS rows FROM claimcheck.loads WHERE pipeline = $1 ORDER BY partition`,
      [name],
    )

  it('gets columns for them, and wider ones when their values need it, and is asked once', async () => {
    const name = uniqueName('evolving')
    const nights: Readonly<Record<string, readonly string[]>> = {
      '2001-01-01': [
        '[{"id":1,"t":"a","n":5,"at":null},{"id":2,"t":"b","n":-1}]',
        '[{"id":3,"t":"c","tag":{"k":1.50}}]',
      ],
      '2001-01-02': [
        '[{"id":4,"n":2.5,"tag":{}}]',
        '[{"id":1,"t":"A","at":"2001-01-02T03:00:00Z"}]',
      ],
      '2001-01-03': ['[{"id":5,"n":"many"},{"id":6}]'],
    }
    served[name] = nights
    await write(name, { t: 'text' })
    const summaries = []
    for (const night of Object.keys(nights)) {
      const already = askedOf(name).length
      const summary = runSummary(await run(name, night))
      summaries.push({ night, runs: summary.runs, rows: summary.rows, rejects: summary.rejects })
      const pages = (nights[night] ?? []).length + 1
      assert.deepEqual(
        askedOf(name).slice(already),
        Array.from({ length: pages }, (_, page) => asking(name, night, page + 1)),
      )
      const loads = await loadsOf(name)
      assert.equal(loads.at(-1)?.['datasetId'], summary.datasetId)
      if (night === '2001-01-01') {
        assert.deepEqual(await typesOf(name), {
          id: 'bigint',
          t: 'text',
          n: 'bigint',
          tag: 'jsonb',
        })
      }
    }
    assert.deepEqual(summaries, [
      { night: '2001-01-01', runs: 2, rows: 3, rejects: 0 },
      { night: '2001-01-02', runs: 2, rows: 2, rejects: 0 },
      { night: '2001-01-03', runs: 2, rows: 2, rejects: 0 },
    ])
    assert.equal((await loadsOf(name)).length, 3)
    assert.deepEqual(await typesOf(name), {
      id: 'bigint',
      t: 'text',
      n: 'text',
      tag: 'jsonb',
      at: 'timestamp with time zone',
    })
    const rest = { t: null, n: null, tag: null, at: null }
    assert.deepEqual(
      (await rowsOf(name)).map(({ row }) => row),
      [
        { ...rest, id: 1, t: 'A', at: '2001-01-02T03:00:00+00:00' },
        { ...rest, id: 2, t: 'b', n: '-1.0' },
        { ...rest, id: 3, t: 'c', tag: { k: 1.5 } },
        { ...rest, id: 4, n: '2.5', tag: {} },
        { ...rest, id: 5, n: 'many' },
        { ...rest, id: 6 },
      ],
    )
    const left = await bed.database.query(
      `SELECT state, failure_code AS code FROM claimcheck.runs WHERE pipeline = $1 ORDER BY began_at`,
      [name],
    )
    const twice = [
      { state: 'failed', code: 'COLUMNS_OUTGROWN' },
      { state: 'published', code: null },
    ]
    assert.deepEqual(left, [...twice, ...twice, ...twice])
  })

  it('is loaded again from its landing, by a pipeline that has come to evolve', async () => {
    const name = uniqueName('evolving-again')
    served[name] = { '2001-01-01': ['[{"id":1,"t":"a","n":5}]', '[{"id":2,"n":6,"T":1}]'] }
    await write(name, { t: 'text' }, { schema: 'discard' })
    assert.equal(runSummary(await run(name, '2001-01-01')).runs, 1)
    assert.deepEqual(await typesOf(name), { id: 'bigint', t: 'text' })
    const asked = askedOf(name)
    const again = ['reprocess', name, '--partition', '2001-01-01', '--wait', '--json']
    await write(name, { t: 'text' }, { transform: 'select *, id * 2 as twice from input' })
    const planned = jsonLines(await bed.cli([...again, '--plan'])).at(-1)
    const { alterations, ...counts } = Object(planned)
    assert.partialDeepStrictEqual(counts, { rowsBefore: 2, added: 0, changed: 2, same: 0 })
    assert.match(alterations.join('; '), /"n" .*; .*"twice"/)
    assert.deepEqual(await typesOf(name), { id: 'bigint', t: 'text' })
    const second = runSummary(await bed.cli(again))
    assert.deepEqual([second.runs, second.rows, askedOf(name)], [2, 2, asked])
    // Of the plan, which was made in two runs too, nothing is left.
    const place = { pipeline: name, partition: '2001-01-01' }
    assert.equal((await findDatasets(bed.store, place)).length, 3)
    const ids = new Set<string>()
    for await (const { key } of bed.store.list(`datasets/${name}/`))
      ids.add(key.split('/')[3] ?? '')
    assert.equal(ids.size, 3)
    const [{ row } = {}] = (await rowsOf(name)).slice(1)
    const { T_: _, ...found } = row as Record<string, unknown>
    const twin = Object.keys(found).find((key) => key.startsWith('T_')) ?? ''
    assert.match(twin, /^T_[0-9a-f]{8}$/)
    assert.deepEqual(found, { id: 2, t: null, n: 6, [twin]: 1, twice: 4 })

    // What is declared later is no longer brought, and nothing is new: one run.
    await write(name, { t: 'text', n: 'bigint' })
    served[name] = { '2001-01-02': ['[{"id":3,"n":7,"T":2}]'] }
    const third = runSummary(await run(name, '2001-01-02'))
    assert.deepEqual([third.runs, third.rows], [1, 1])
  })

  it('is made of items, each of which brings what it has', async () => {
    const name = uniqueName('evolving-files')
    const directory = join(files, name)
    await mkdir(directory)
    const lines = (count: number, line: (id: number) => object) =>
      Array.from({ length: count }, (_, id) => `${JSON.stringify(line(id))}\n`).join('')
    await writeFile(
      join(directory, 'a.ndjson'),
      lines(4, (id) => ({ id, a: id })),
    )
    // More batches than one run of a child takes.
    await writeFile(
      join(directory, 'b.ndjson'),
      lines(16, (id) => ({ id: id + 4, a: id === 15 ? 'last' : id, b: 0.5 })),
    )
    const source = { kind: 'file', path: `${directory}/*.ndjson`, format: 'ndjson' }
    const limits = { attempts: 1, batch_bytes: '60B', page_bytes: '60B' }
    const transform = { sql: 'select * from input', scope: 'dataset' }
    await write(name, {}, { source, limits, transform })
    const summary = runSummary(await run(name, '2001-01-01'))
    assert.deepEqual([summary.rows, summary.rejects, summary.pages], [20, 0, summary.pagesFound])
    assert.deepEqual(await typesOf(name), { id: 'bigint', a: 'text', b: 'numeric(20,1)' })
    const [sums] = await bed.database.query(
      `SELECT count(*)::int AS rows, count(a)::int AS a, sum(b)::text AS b FROM ${tableOf(name)}`,
    )
    assert.deepEqual(sums, { rows: 20, a: 20, b: '8.0' })
  })

  it('fails as ever for rows that are bad, with the table as it was', async () => {
    const name = uniqueName('evolving-bad')
    served[name] = { '2001-01-01': ['[{"id":"x","n":5}]', '[{"id":2}]'] }
    await write(name, {})
    const failure = assertFailure(await run(name, '2001-01-01'), {
      code: 'REJECT_LIMIT_EXCEEDED',
      exitCode: 1,
    })
    assert.match(failure.message, /1 rows were rejected, 0 are allowed/)
    const [none] = await bed.database.query('SELECT to_regclass($1) AS name', [tableOf(name)])
    assert.deepEqual(none, { name: null })
    assert.deepEqual(
      askedOf(name),
      [1, 2, 3].map((page) => asking(name, '2001-01-01', page)),
    )
  })
})
