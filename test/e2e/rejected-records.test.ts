import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import type { ObjectKey } from '../../codec/index.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { runSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'
import { readRejects } from './support/read-rejects.ts'

const partition = '2001-01-01'
const pages: Readonly<Record<string, string>> = {
  '/rows.json?page=1':
    '[{"id":1,"t":"one"},"no object",{"id":2,"t":"\\ud800"},{"id":"x","t":"two"},{"id":3,"t":"three","id":4}]',
  '/rows.json?page=2': '[{"id":1,"t":"one again"},null,{"id":5,"t":"five"}]',
  '/rows.json?page=3': '[]',
  '/rows.ndjson':
    '\uFEFF{"id":1,"t":"one"}\r\n\r\n[2]\n{"id":3,"t":"three"} {"id":4,"t":"four"}\n{"id":5,"t":"\u2028"}',
  '/cut.ndjson': '{"id":1,"t":"one"}\n{"id":2,"t":"tw',
  '/rows.csv': 'id,t,\r\n1,"one\r\n,""1""",\r\n2,two\r\n3,"three",x\r\n4,"four"4,\r\n"x",six,\r\n',
  '/open.csv': 'id,t\n1,one\n2,"two\n3,three\n',
}

const manifestOf = z.object({
  recordCount: z.number(),
  rowCount: z.number(),
  rejectCount: z.number(),
})

// At the same time: each mostly waits.
describe('a load of records of which some are bad', { concurrency: true }, () => {
  let bed: LoadBed
  let server: Server
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
    server = createServer((request, response) => {
      const body = pages[request.url ?? '']
      if (body === undefined) response.statusCode = 404
      response.end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(async () => {
    server?.close()
    server?.closeAllConnections()
    await bed?.close()
  })

  async function write(path: string, maxRejects: number): Promise<string> {
    const name = uniqueName('rejected')
    const { port } = server.address() as AddressInfo
    const format = path.replace(/^.*\./, '')
    await writePipeline(bed.pipelines, name, {
      name,
      source: {
        kind: 'http',
        url: `http://127.0.0.1:${port}${path}`,
        format,
        ...(format === 'json' ? { next: 'page' } : {}),
      },
      columns: { id: { type: 'integer', key: true }, t: 'text' },
      limits: { attempts: 1 },
      on_reject: { max: maxRejects },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    return name
  }

  const run = (name: string) => bed.cli(['run', name, '--partition', partition, '--wait', '--json'])

  interface Expected {
    readonly rows: readonly (readonly [number, string])[]
    /** Page from 0, record, line and reason. */
    readonly rejects: readonly (readonly [number, number, number | null, string])[]
    readonly served: number
    readonly duplicates?: number
  }

  async function loads(path: string, expected: Expected): Promise<string> {
    const { rows, rejects, served, duplicates = 0 } = expected
    const name = await write(path, rejects.length)
    const summary = runSummary(await run(name))
    const table = await bed.database.query(`SELECT id, t FROM ${tableOf(name)} ORDER BY id`)
    assert.deepEqual(
      table.map(({ id, t }) => [id, t]),
      rows,
    )
    const listed = await readRejects(bed.store, name)
    assert.deepEqual(
      listed.map(({ page, record, line, reason }) => [
        Number(/page-(\d+)-/.exec(page)?.[1]),
        record,
        line,
        reason,
      ]),
      rejects,
    )
    assert.deepEqual([summary.rows, summary.rejects], [served - rejects.length, rejects.length])

    const [load] = await bed.database.query(
      `SELECT manifest_key, records_served::int AS served, rows_rejected::int AS rejected,
              rows_staged::int AS staged, rows_duplicate::int AS duplicate,
              (rows_inserted + rows_updated + rows_unchanged)::int AS published
         FROM claimcheck.loads WHERE pipeline = $1`,
      [name],
    )
    assert.ok(load !== undefined)
    const { manifest_key: key, ...counts } = load
    assert.deepEqual(counts, {
      served,
      rejected: rejects.length,
      staged: served - rejects.length,
      duplicate: duplicates,
      published: rows.length,
    })
    const text = (await bed.store.get(String(key) as ObjectKey)).toString()
    assert.deepEqual(manifestOf.parse(JSON.parse(text)), {
      recordCount: served,
      rowCount: served - rejects.length,
      rejectCount: rejects.length,
    })

    // One less is too many.
    const strict = await write(path, rejects.length - 1)
    const failure = assertFailure(await run(strict), { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 })
    assert.match(failure.message, new RegExp(`${rejects.length} rows were rejected`))
    const [none] = await bed.database.query('SELECT to_regclass($1) AS name', [tableOf(strict)])
    assert.deepEqual(none, { name: null })
    return name
  }

  it('loads the others of JSON pages, and accounts for each', async () => {
    const name = await loads('/rows.json', {
      rows: [
        [1, 'one again'],
        [5, 'five'],
      ],
      rejects: [
        [0, 1, null, 'the record is not an object'],
        [0, 2, null, 'a text holds half of a surrogate pair'],
        [0, 3, null, 'id: the value is not of type integer'],
        [0, 4, null, 'the field "id" is there twice'],
        [1, 1, null, 'the record is not an object'],
      ],
      served: 8,
      duplicates: 1,
    })
    const rejects = await readRejects(bed.store, name)
    assert.deepEqual(
      rejects.map(({ raw, fields }) => raw ?? fields),
      [
        '"no object"',
        '{"id":2,"t":"\\ud800"}',
        { id: 'x', t: 'two' },
        '{"id":3,"t":"three","id":4}',
        'null',
      ],
    )
  })

  it('loads the others of lines', async () => {
    await loads('/rows.ndjson', {
      rows: [
        [1, 'one'],
        [5, '\u2028'],
      ],
      rejects: [
        [0, 1, 3, 'the record is not an object'],
        [0, 2, 4, 'something follows the object on its line'],
      ],
      served: 4,
    })
  })

  it('loads the others of CSV', async () => {
    await loads('/rows.csv', {
      rows: [
        [1, 'one\r\n,"1"'],
        [3, 'three'],
      ],
      rejects: [
        [0, 1, 4, 'the record has 2 fields, the header 3'],
        [0, 3, 6, 'something follows a closing quote'],
        [0, 4, null, 'id: the value is not of type integer'],
      ],
      served: 5,
    })
  })

  it('loads nothing of a body that was cut off', async () => {
    for (const [path, reason] of [
      ['/cut.ndjson', /the last line was cut off/],
      ['/open.csv', /the quote that opens on line 3 is not closed/],
    ] as const) {
      const name = await write(path, 100)
      const failure = assertFailure(await run(name), { code: 'SOURCE_MALFORMED', exitCode: 1 })
      assert.match(failure.message, reason)
      const landed = await Array.fromAsync(bed.store.list(`landing/${name}/`))
      assert.deepEqual(
        landed.filter(({ key }) => key.includes('/page-')),
        [],
      )
    }
  })
})
