import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { attemptsOf, chainOfHistories, historyText } from '../support/run-histories.ts'
import { runSummary } from '../support/run-summary.ts'
import { createTestDatabase, type TestDatabase } from '../targets/support/test-database.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-02'

const columns = {
  id: { type: 'bigint', key: true },
  small: 'smallint',
  price: 'numeric(20, 4)',
  f: 'double',
  b: 'boolean',
  t: 'text',
  d: 'date',
  tod: 'time',
  ts: 'timestamp',
  tz: 'timestamptz',
  u: 'uuid',
  j: 'json',
  jb: 'jsonb',
  raw: 'bytea',
}
const names = Object.keys(columns).map((name) => `${name}::text`)

describe('a load from PostgreSQL', () => {
  let bed: LoadBed
  let erp: TestDatabase
  before(async () => {
    bed = await openLoadBed()
    erp = await createTestDatabase()
    await bed.startWorker({ ERP_URL: erp.url })
    await erp.query(
      `CREATE TABLE orders AS
         SELECT n AS id, (n % 100)::smallint AS small, (n / 7.0)::numeric(20, 4) AS price,
                CASE n % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE sqrt(n) END::float8 AS f,
                n % 2 = 0 AS b,
                CASE n % 7 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'a,"b"\\r\\n\\\\.' WHEN 3 THEN '\\N'
                     ELSE 'é😀 ' || n END AS t,
                date '2001-01-01' + n AS d, time '23:59:59.999999' AS tod,
                timestamp '2001-01-01 00:00:00.000001' + n * interval '1 minute' AS ts,
                timestamptz '2001-01-01 00:00:00+02' + n * interval '1 minute' AS tz,
                gen_random_uuid() AS u, ('{ "n" : ' || n || '.10 }')::json AS j,
                jsonb_build_object('n', n, 's', '"') AS jb, decode(lpad(to_hex(n), 6, '0'), 'hex') AS raw,
                'not declared' AS rest
           FROM generate_series(1, 3000) n`,
    )
  })
  after(async () => {
    await bed?.close()
    await erp?.drop()
  })

  const run = (name: string, ...more: string[]) =>
    bed.cli(['run', name, '--partition', partition, '--wait', '--json', ...more])

  async function write(source: Readonly<Record<string, unknown>>, more = {}): Promise<string> {
    const name = uniqueName('postgres')
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'postgres', url: '${ERP_URL}', ...source },
      columns,
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
      ...more,
    })
    return name
  }

  const rowsOf = (database: TestDatabase, table: string, where = 'true') =>
    database.query(`SELECT ${names.join(', ')} FROM ${table} AS r WHERE ${where} ORDER BY r.id`)

  it('makes a table that equals the one it was read from, in ranges too', async () => {
    const name = await write(
      { table: 'orders', split: { column: 'id', ranges: 3 } },
      { limits: { batch_bytes: '64KiB', page_bytes: '64KiB' } },
    )
    const summary = runSummary(await run(name))
    assert.deepEqual([summary.rows, summary.rejects], [3000, 0])
    assert.deepEqual(await rowsOf(bed.database, tableOf(name)), await rowsOf(erp, 'orders'))
    const histories = await chainOfHistories(bed.client, summary.workflowId, summary.runId)
    const { password } = new URL(erp.url)
    assert.ok(!historyText(histories).includes(password))

    await erp.query(`UPDATE orders SET t = 'changed' WHERE id = 17`)
    const again = runSummary(await run(name))
    assert.deepEqual([again.counts.rowsUpdated, again.counts.rowsUnchanged], [1, 2999])
  })

  it('asks a query for the interval of the run, and fails at once where it cannot be read', async () => {
    const query = `SELECT * FROM orders
      WHERE ts >= {interval.start} AND ts < {interval.end} AND {partition} <> '' -- the run's;`
    const name = await write({ query })
    assert.equal(runSummary(await run(name)).rows, 1440)
    const where = `ts >= '2001-01-02' AND ts < '2001-01-03'`
    assert.deepEqual(await rowsOf(bed.database, tableOf(name)), await rowsOf(erp, 'orders', where))

    const outcome = await run(await write({ query: 'SELECT 1 FROM\norders ORDER' }))
    const failure = assertFailure(outcome, { code: 'SOURCE_REFUSED', exitCode: 1 })
    assert.match(failure.message, /cannot read the query .*line=2/)
  })

  it('goes on in its snapshot when the connection of a range is lost, and leaves no session behind', async () => {
    const name = await write({ query: `SELECT *, pg_sleep(0.0005) FROM orders` })
    const running = run(name)
    const sessions = () =>
      erp.query<{ pid: number; query: string }>(
        `SELECT pid, query FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'claimcheck source'`,
      )
    const copying = await eventually('the COPY', async () =>
      (await sessions()).find(({ query }) => query.startsWith('COPY')),
    )
    await erp.query('SELECT pg_terminate_backend($1)', [copying.pid])
    const summary = runSummary(await running)
    assert.equal(summary.rows, 3000)
    assert.deepEqual(await rowsOf(bed.database, tableOf(name)), await rowsOf(erp, 'orders'))
    const histories = await chainOfHistories(bed.client, summary.workflowId, summary.runId)
    assert.deepEqual(attemptsOf(histories, 'landItem'), [1])
    await eventually('the end of all sessions', async () =>
      (await sessions()).length === 0 ? true : undefined,
    )
  })
})
