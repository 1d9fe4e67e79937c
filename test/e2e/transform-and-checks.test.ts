import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import type { ObjectKey } from '../../codec/index.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import type { CliOutcome } from '../support/run-cli.ts'
import { runSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-01'

/** Pages of three trips each; each is a batch of its own. */
const trips = [
  [
    { id: 1, city: 'Oslo', miles: '10.50', stops: ['a', 'b'] },
    { id: 2, city: 'Bergen', miles: '7', stops: [] },
    { id: 3, city: 'Oslo', miles: 'far', stops: null },
  ],
  [
    { id: 4, city: 'Oslo', miles: '1.25', stops: ['c'] },
    { id: 1, city: 'Voss', miles: '2', stops: ['d'] },
    { id: 5, city: null, miles: '3', stops: ['e'] },
  ],
]

const manifestOf = z.object({
  recordCount: z.number(),
  convertedCount: z.number(),
  rowCount: z.number(),
  rejectCount: z.number(),
  columns: z.array(z.object({ name: z.string() })),
})

describe('a load with a transform, checks or a frozen schema', () => {
  let bed: LoadBed
  let server: Server
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
    server = createServer((request, response) => {
      const page = Number(
        new URL(request.url ?? '', 'http://source.invalid').searchParams.get('page'),
      )
      response.end(JSON.stringify(trips[page - 1] ?? []))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(async () => {
    server?.close()
    server?.closeAllConnections()
    await bed?.close()
  })

  async function write(name: string, sections: Readonly<Record<string, unknown>>): Promise<void> {
    const { port } = server.address() as AddressInfo
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'http', url: `http://127.0.0.1:${port}/trips`, next: 'page' },
      columns: {
        id: { type: 'integer', key: true },
        city: 'text',
        miles: 'numeric(10, 2)',
        stops: 'jsonb',
      },
      limits: { attempts: 1, batch_bytes: '1B' },
      on_reject: { max: 1 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
      ...sections,
    })
  }

  const run = (name: string, ...more: string[]): Promise<CliOutcome> =>
    bed.cli(['run', name, '--partition', partition, '--wait', '--json', ...more])

  async function manifest(name: string): Promise<z.infer<typeof manifestOf>> {
    const [load] = await bed.database.query(
      `SELECT manifest_key FROM claimcheck.loads WHERE pipeline = $1 ORDER BY manifest_key LIMIT 1`,
      [name],
    )
    const text = (await bed.store.get(String(load?.['manifest_key']) as ObjectKey)).toString()
    return manifestOf.parse(JSON.parse(text))
  }

  it('makes other columns and rows of each batch', async () => {
    const name = uniqueName('transformed')
    await write(name, {
      transform: `select * exclude (miles, stops), (miles * 1.609344)::decimal(12, 4) as km,
        json_array_length(stops) as many, {'city': city, 'miles': miles} as whole,
        unnest(range(2)) as way from input where city is not null`,
    })
    const summary = runSummary(await run(name))
    assert.deepEqual([summary.rows, summary.rejects], [8, 1])
    const rows = await bed.database.query(
      `SELECT id, city, km::text, many::int, whole, way::int FROM ${tableOf(name)} ORDER BY id`,
    )
    // The key is the trip: the last row of it stays.
    assert.deepEqual(rows, [
      { id: 1, city: 'Voss', km: '3.2187', many: 1, whole: { city: 'Voss', miles: 2 }, way: 1 },
      {
        id: 2,
        city: 'Bergen',
        km: '11.2654',
        many: 0,
        whole: { city: 'Bergen', miles: 7 },
        way: 1,
      },
      { id: 4, city: 'Oslo', km: '2.0117', many: 1, whole: { city: 'Oslo', miles: 1.25 }, way: 1 },
    ])
    const { columns, ...counts } = await manifest(name)
    assert.deepEqual(counts, { recordCount: 6, convertedCount: 5, rowCount: 8, rejectCount: 1 })
    assert.deepEqual(
      columns.map((column) => column.name),
      ['id', 'city', 'km', 'many', 'whole', 'way'],
    )
  })

  it('makes one dataset of all batches', async () => {
    const name = uniqueName('aggregated')
    await write(name, {
      columns: { city: { type: 'text', key: true }, miles: 'numeric(10, 2)' },
      transform: {
        sql: `select coalesce(city, '') as city, sum(miles) as miles, count(*) as trips
          from input group by all order by city`,
        scope: 'dataset',
      },
      on_reject: { max: 2 },
      checks: [{ row_count: { min: 3, max: 3 } }, { unique: 'city' }],
    })
    const summary = runSummary(await run(name))
    assert.deepEqual([summary.rows, summary.rejects], [3, 2])
    const rows = await bed.database.query(
      `SELECT city, miles::text, trips::int FROM ${tableOf(name)} ORDER BY city`,
    )
    assert.deepEqual(rows, [
      { city: 'Bergen', miles: '7.00', trips: 1 },
      { city: 'Oslo', miles: '11.75', trips: 2 },
      { city: 'Voss', miles: '2.00', trips: 1 },
    ])
    const { columns: _, ...counts } = await manifest(name)
    assert.deepEqual(counts, { recordCount: 6, convertedCount: 4, rowCount: 3, rejectCount: 2 })
  })

  it('says what is wrong with a transform before anything is fetched', async () => {
    const name = uniqueName('invalid')
    await write(name, { transform: 'select city from input' })
    const failure = assertFailure(await run(name), { code: 'TRANSFORM_INVALID', exitCode: 1 })
    assert.match(failure.message, /the key column id is not in its result/)
    const landed = await Array.fromAsync(bed.store.list(`landing/${name}/`))
    assert.deepEqual(landed, [])
  })

  it('leaves the table as it was where a check fails, or a value that SQL cannot take', async () => {
    const name = uniqueName('checked')
    await write(name, {})
    runSummary(await run(name))
    const count = `SELECT count(*)::int AS rows, sum(miles)::text AS miles FROM ${tableOf(name)}`
    const asItWas = await bed.database.query(count)

    await write(name, {
      checks: [
        { not_null: ['city', 'id'] },
        { unique: 'id' },
        { range: { column: 'miles', min: '2' } },
        { sql: { name: 'no trip to Voss', find: "from dataset where city = 'Voss'" } },
        { row_count: { min: 1 } },
      ],
      columns: {
        id: { type: 'integer', key: true },
        city: 'text',
        miles: { type: 'numeric(10, 2)', default: '-1' },
      },
    })
    const failed = assertFailure(await run(name), { code: 'DATASET_CHECK_FAILED', exitCode: 1 })
    assert.match(
      failed.message,
      /4 checks fail: not_null city, id: 1 rows; unique id: 2 rows; range of miles: 1 rows; no trip to Voss: 1 rows/,
    )

    await write(name, { transform: 'from input where city::integer > 0' })
    const value = assertFailure(await run(name), { code: 'TRANSFORM_FAILED', exitCode: 1 })
    assert.match(value.message, /fails on a value \(Conversion Error: column city\)/)
    assert.deepEqual(await bed.database.query(count), asItWas)
  })

  it('fails where the fields are others, if that is to be so', async () => {
    const name = uniqueName('frozen')
    await write(name, {
      schema: 'freeze',
      columns: { id: { type: 'integer', key: true }, town: 'text', miles: 'text' },
    })
    const failure = assertFailure(await run(name), { code: 'SCHEMA_CHANGED', exitCode: 1 })
    assert.match(failure.message, /\(not declared: "city", "stops"; in no record: "town"\)/)
    const [none] = await bed.database.query('SELECT to_regclass($1) AS name', [tableOf(name)])
    assert.deepEqual(none, { name: null })
  })
})
