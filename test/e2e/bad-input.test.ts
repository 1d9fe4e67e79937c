import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, beforeEach, describe, it } from 'node:test'
import { z } from 'zod'
import type { FaultPlanInput } from '../../infra/sample-source/fault-plan.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import {
  createFlightsTable,
  tableOf,
  uniqueName,
  type FlightsPipeline,
} from '../support/pipeline-fixture.ts'
import { jsonLines } from '../support/run-cli.ts'
import { eventually } from '../support/eventually.ts'
import { assertFailure, type ExpectedFailure } from './support/assert-failure.ts'
import { readRejects } from './support/read-rejects.ts'

const quick = { attempts: 1 }
const partition = '2001-01-01T06'

describe('a load that cannot succeed', () => {
  let bed: LoadBed
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
  })
  after(() => bed?.close())
  beforeEach(() => bed.source.setFaults({}))

  /** Runs a load that must fail, into a table that is there and has a row. */
  async function failingLoad(
    pipeline: Omit<FlightsPipeline, 'name'>,
    expected: ExpectedFailure,
    prepare: (table: string) => unknown = () => undefined,
  ): Promise<ReturnType<typeof assertFailure>> {
    const name = uniqueName('bad')
    await bed.writeFlights({ name, limits: quick, ...pipeline })
    const table = await createFlightsTable(bed.database, name)
    await bed.database.query(`INSERT INTO ${table} VALUES (1, '2000-01-01', 1, 2, 'A', 'B')`)
    const contents = () => bed.database.query(`SELECT xmin::text, ctid::text, * FROM ${table}`)
    const contentsBefore = await contents()
    await prepare(table)
    const outcome = await bed.cli(['run', name, '--partition', partition, '--wait', '--json'])
    const failure = assertFailure(outcome, expected)
    assert.deepEqual(await contents(), contentsBefore, 'the target is untouched')
    assert.deepEqual(await staged(), [])
    return failure
  }

  function staged(): Promise<unknown[]> {
    return bed.database.query(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'claimcheck_staging'`,
    )
  }

  it('says that the source is down', async () => {
    // The discard port: nobody listens there.
    const failure = await failingLoad(
      { url: 'http://127.0.0.1:9/flights' },
      { code: 'SOURCE_UNREACHABLE', exitCode: 5 },
    )
    assert.match(failure.message, /ECONNREFUSED/)
    assert.match(failure.message, /127\.0\.0\.1:9\/flights/)
  })

  it('says what the source answers instead', async () => {
    const failure = await failingLoad(
      { url: '${SAMPLE_SOURCE_URL}/nothing' },
      { code: 'SOURCE_REFUSED', exitCode: 1 },
    )
    assert.match(failure.message, /404/)
  })

  it('says that the source answers something other than JSON', async () => {
    const server = await serveHtml()
    try {
      await failingLoad(
        { url: `http://127.0.0.1:${portOf(server)}/flights` },
        { code: 'SOURCE_MALFORMED', exitCode: 1 },
      )
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  it('says that a variable is not set', async () => {
    const failure = await failingLoad(
      { url: '${NOT_SET_ANYWHERE}/flights' },
      { code: 'SOURCE_SETTING_MISSING', exitCode: 2 },
    )
    assert.match(failure.message, /NOT_SET_ANYWHERE/)
  })

  it('says that a variable makes no address', async () => {
    // Of the worker: it holds the name of a queue.
    const failure = await failingLoad(
      { url: '${CLAIMCHECK_TASK_QUEUE}/flights' },
      { code: 'SOURCE_SETTING_INVALID', exitCode: 2 },
    )
    assert.ok(!failure.message.includes(bed.environment['CLAIMCHECK_TASK_QUEUE'] ?? ''))
  })

  const wrongDelay: FaultPlanInput = {
    rules: [{ kind: 'malformed-value', row: 700, column: 'delay', value: 'late' }],
  }

  it('says which column has a value of the wrong type', async () => {
    const failure = await failingLoad(
      { perPage: 100 },
      { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 },
      () => bed.source.setFaults(wrongDelay),
    )
    assert.match(failure.message, /1 rows were rejected, 0 are allowed.*delay/)
    assert.ok(!failure.message.includes('late'), 'no data')
  })

  it('sets a row of the wrong type aside where the pipeline allows it', async () => {
    const name = uniqueName('rejects')
    await bed.writeFlights({ name, perPage: 100, maxRejects: 100 })
    bed.source.setFaults(wrongDelay)
    const outcome = await bed.cli(['run', name, '--partition', partition, '--wait', '--json'])
    assert.equal(outcome.exitCode, 0, outcome.stderr)
    const summary = z
      .object({ rows: z.number(), rejects: z.number() })
      .parse(jsonLines(outcome).at(-1))
    assert.equal(summary.rejects, 1)
    const [loaded] = await bed.database.query(
      `SELECT count(*)::int AS rows, count(*) FILTER (WHERE id = 700)::int AS bad
         FROM ${tableOf(name)}`,
    )
    assert.deepEqual(loaded, { rows: summary.rows, bad: 0 })
    const [reject, ...more] = await readRejects(bed.store, name)
    assert.deepEqual(more, [])
    assert.match(reject?.page ?? '', new RegExp(`^landing/${name}/.*/page-\\d+`))
    assert.equal(typeof reject?.record, 'number')
    assert.match(reject?.reason ?? '', /delay/)
    assert.equal(reject?.fields?.['id'], '700')
    assert.equal(reject?.fields?.['delay'], 'late')
  })

  it('says that the table cannot be written, before anything is fetched', async () => {
    bed.source.resetStats()
    const failure = await failingLoad({}, { code: 'TARGET_NOT_WRITABLE', exitCode: 1 }, (table) =>
      bed.database.query(`REVOKE INSERT, UPDATE ON ${table} FROM CURRENT_USER`),
    )
    assert.match(failure.message, /lacks INSERT, UPDATE on the table \[table=public\.bad_/)
    assert.match(failure.remedy, /GRANT INSERT, UPDATE/)
    assert.equal(bed.source.stats().requests, 0)
  })

  it('says that the table cannot be made', async () => {
    await bed.database.query(
      'CREATE SCHEMA closed; REVOKE CREATE ON SCHEMA closed FROM CURRENT_USER',
    )
    const failure = await failingLoad(
      { table: 'closed.flights' },
      { code: 'TARGET_NOT_WRITABLE', exitCode: 1 },
    )
    assert.match(failure.message, /closed\.flights/)
  })

  it('says that a person has cancelled the run, and leaves nothing staged', async () => {
    const name = uniqueName('cancelled')
    await bed.writeFlights({ name, perPage: 50, limits: { batch_bytes: 1 } })
    bed.source.setFaults({ latencyMs: 300 })
    bed.source.resetStats()
    const outcome = bed.cli(['run', name, '--partition', partition, '--wait', '--json'])
    await eventually(
      'a few pages',
      async () => (bed.source.stats().pagesFetched > 3 ? true : undefined),
      60_000,
    )
    await bed.client.workflow.getHandle(`etl/${name}/${partition}`).cancel()
    const failure = assertFailure(await outcome, { code: 'RUN_FAILED', exitCode: 1 })
    assert.match(failure.message, /was cancelled/)
    assert.deepEqual(await staged(), [])
    const [table] = await bed.database.query('SELECT to_regclass($1) AS name', [tableOf(name)])
    assert.deepEqual(table, { name: null })
  })
})

/** What a gateway answers while the source is away, with a status that says nothing of it. */
async function serveHtml(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Log in</title>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}
