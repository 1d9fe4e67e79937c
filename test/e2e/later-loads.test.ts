import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { runSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-01'

describe('loads that follow another one', () => {
  let bed: LoadBed
  let server: Server
  /** What the source was asked for, in order. */
  const asked: string[] = []
  let answer: (url: URL) => string

  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end(answer(new URL(request.url ?? '', 'http://source')))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  beforeEach(() => {
    asked.length = 0
  })
  after(async () => {
    server?.close()
    server?.closeAllConnections()
    await bed?.close()
  })

  const write = (name: string, source: object, more: object) => {
    const { port } = server.address() as AddressInfo
    return writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'http', url: `http://127.0.0.1:${port}/rows`, ...source },
      limits: { attempts: 1 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
      ...more,
    })
  }
  const rowsOf = (name: string) => bed.database.query(`SELECT * FROM ${tableOf(name)} ORDER BY id`)

  it('reprocess what was landed, without asking the source', async () => {
    const name = uniqueName('reprocessed')
    const pages = ['[{"id":1,"at":"2001-01-05"},{"id":2,"at":"soon"}]', '[{"id":3,"at":"12"}]']
    answer = (url) => pages[Number(url.searchParams.get('page')) - 1] ?? '[]'
    const id = { type: 'bigint', key: true }
    const write3 = (at: unknown, max: number, source: object = { next: 'page' }) =>
      write(name, source, { columns: { id, at }, on_reject: { max } })
    await write3('date', 2)
    const first = runSummary(
      await bed.cli(['run', name, '--partition', partition, '--wait', '--json']),
    )
    assert.deepEqual([first.rows, first.rejects], [1, 2])
    const rejected = await bed.database.query(
      `SELECT record::int, reason, fields ->> 'at' AS at FROM claimcheck.rejects WHERE pipeline = $1 ORDER BY page`,
      [name],
    )
    const reason = 'at: the value is not of type date'
    assert.deepEqual(rejected, [
      { record: 1, reason, at: 'soon' },
      { record: 0, reason, at: '12' },
    ])

    asked.length = 0
    // What was set aside is told of each load of the same parts.
    const copy = ['reprocess', name, '--from', 'parts', '--target', `${tableOf(name)}_copy`]
    const copied = runSummary(
      await bed.cli([...copy, '--partition', partition, '--wait', '--json']),
    )
    assert.deepEqual([copied.rows, copied.rejects, copied.counts.rowsInserted], [1, 2, 1])
    const twice = await bed.database.query(
      `SELECT count(*)::int, count(DISTINCT dataset_id)::int AS datasets FROM claimcheck.rejects WHERE pipeline = $1`,
      [name],
    )
    assert.deepEqual(twice, [{ count: 4, datasets: 2 }])
    await write3({ type: 'text', from: 'at' }, 0)
    await bed.database.query(`DROP TABLE ${tableOf(name)}`)
    const again = ['reprocess', name, '--partition', partition, '--wait', '--json']
    const second = runSummary(await bed.cli(again))
    assert.deepEqual([second.rows, second.rejects, second.pagesFound], [3, 0, 3])
    assert.deepEqual(asked, [])
    assert.deepEqual(await rowsOf(name), [
      { id: '1', at: '2001-01-05' },
      { id: '2', at: 'soon' },
      { id: '3', at: '12' },
    ])

    // Of the first dataset by name: the second one is made of the same pages.
    const third = runSummary(await bed.cli([...again, '--dataset', first.datasetId]))
    assert.deepEqual([third.rows, third.counts.rowsUnchanged], [3, 3])
    await write3('text', 0, { next: 'page', format: 'ndjson' })
    const elsewhere = assertFailure(await bed.cli(again), {
      code: 'LANDING_INCOMPLETE',
      exitCode: 1,
    })
    assert.match(elsewhere.message, /a page that the walk leads to is not landed/)
    const absent = await bed.cli(['reprocess', name, '--partition', '2001-01-02', '--json'])
    assertFailure(absent, { code: 'DATASET_NOT_FOUND', exitCode: 4 })
    assert.deepEqual(asked, [])
  })

  it('ask for what has come since the last one, which moves the mark only when it is published', async () => {
    const name = uniqueName('incremental')
    const all = [
      { id: 1, at: '2001-01-01T10:00:00Z' },
      { id: 2, at: '2001-01-01T12:00:00.000001+02:00' },
      { id: 3, at: '2001-01-01T11:00:00Z' },
    ]
    answer = ({ searchParams }) => {
      const since = Date.parse(searchParams.get('since') ?? '')
      return JSON.stringify(all.filter(({ at }) => !(Date.parse(at) < since)))
    }
    const load = async (more: readonly string[] = []) => {
      await write(
        name,
        { query: { since: '{high_water_mark}', of: '{partition}' } },
        {
          columns: { id: { type: 'bigint', key: true }, at: 'timestamptz' },
          incremental: { column: 'at', initial: '2001-01-01T00:00:00Z' },
        },
      )
      return bed.cli(['run', name, '--partition', partition, '--wait', '--json', ...more])
    }
    assert.equal(runSummary(await load()).rows, 3)
    all.push({ id: 4, at: 'never' })
    assertFailure(await load(), { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 })
    all[3] = { id: 4, at: '2001-01-02T00:00:00Z' }
    assert.equal(runSummary(await load(['--refetch'])).rows, 2)
    assert.deepEqual(asked, [
      `/rows?since=2001-01-01T00%3A00%3A00Z&of=${partition}`,
      `/rows?since=2001-01-01T11%3A00%3A00%2B00%3A00&of=${partition}`,
      `/rows?since=2001-01-01T11%3A00%3A00%2B00%3A00&of=${partition}`,
    ])
    const marks = await bed.database.query(
      'SELECT mark FROM claimcheck.high_water_marks WHERE pipeline = $1',
      [name],
    )
    assert.deepEqual(marks, [{ mark: '2001-01-02T00:00:00+00:00' }])
    assert.equal((await rowsOf(name)).length, 4)
  })
})
