import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { runSummary } from '../support/run-summary.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { assertFailure } from './support/assert-failure.ts'
import { readRejects } from './support/read-rejects.ts'

const fixtures = fileURLToPath(new URL('../fixtures/parquet/', import.meta.url))

describe('a load of Parquet files', () => {
  const duckDb = useDuckDb()
  let bed: LoadBed
  let folder: string
  let name: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-parquet-'))
    bed = await openLoadBed()
    // A worker's own time zone must not move a time.
    await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: folder, TZ: 'America/New_York' })
  })
  after(async () => {
    await bed?.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    name = uniqueName('parquet')
  })

  async function load(
    columns: Readonly<Record<string, unknown>>,
    files: readonly string[],
    limits: Readonly<Record<string, unknown>> = {},
  ) {
    for (const [index, file] of files.entries()) {
      await cp(join(fixtures, file), join(folder, `${name}-${index}-${file}`))
    }
    return loadFolder(columns, limits)
  }

  async function loadFolder(
    columns: Readonly<Record<string, unknown>>,
    limits: Readonly<Record<string, unknown>> = {},
  ) {
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'file', path: `${folder}/${name}-*`, format: 'parquet' },
      columns,
      limits: { attempts: 1, ...limits },
      on_reject: { max: 1 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    return bed.cli(['run', name, '--partition', '2001-01-01', '--wait', '--json'])
  }

  const table = (select: string, order: string) =>
    bed.database.query(`SELECT ${select} FROM ${tableOf(name)} ORDER BY ${order}`)

  it('keeps digits, microseconds and local times', async () => {
    await load(
      {
        ts_ms_ny: { type: 'timestamptz', key: true },
        ts_us_utc: 'timestamptz',
        ts_us_local: 'timestamp',
        ts_ns_utc: 'timestamptz',
        date32: 'date',
        time_us: 'time',
      },
      ['timestamps.parquet'],
    )
    const rows = await table(
      `to_char(ts_us_utc AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS utc, ts_us_local::text AS local,
       to_char(ts_ns_utc AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS ns, date32::text AS day, time_us::text AS time`,
      'ts_ms_ny',
    )
    assert.deepEqual(rows, [
      {
        utc: '9999-12-31 23:59:59.999999',
        local: '2300-01-01 00:00:00.000001',
        ns: '1970-01-01 00:00:00.000000',
        day: '9999-12-31',
        time: '12:00:00.000001',
      },
      {
        utc: '0001-01-01 00:00:00.000000',
        local: '2024-11-03 01:30:00',
        ns: '1970-01-01 00:00:00.000000',
        day: '0001-01-01',
        time: '00:00:00',
      },
      {
        utc: '2024-02-29 23:59:59.123456',
        local: '2024-03-10 02:30:00',
        ns: '2024-02-29 23:59:59.123457',
        day: '2024-02-29',
        time: '23:59:59.999999',
      },
      {
        utc: '1582-10-04 00:00:00.000000',
        local: '1900-01-01 00:00:00',
        ns: '2262-04-11 23:47:16.854776',
        day: '1582-10-15',
        time: '01:00:00',
      },
      {
        utc: '1969-12-31 23:59:59.999999',
        local: '1970-01-01 00:00:00',
        ns: '1677-09-21 00:12:43.145224',
        day: '1970-01-01',
        time: '02:00:00',
      },
    ])
  })

  it('unites files of different schemas, empty ones among them', async () => {
    const outcome = await load(
      {
        id: { type: 'bigint', key: true },
        qty: 'bigint',
        price: 'double',
        note: { type: 'text', default: '-' },
      },
      ['drift_1.parquet', 'zero_rows.parquet', 'drift_2.parquet', 'no_row_groups.parquet'],
    )
    assert.equal(runSummary(outcome).rows, 4)
    assert.deepEqual(await table('id::int, qty::text, price, note', 'id'), [
      { id: 1, qty: '10', price: 1, note: '-' },
      { id: 2, qty: '20', price: 2, note: '-' },
      { id: 3, qty: '3000000000', price: 1.5, note: 'new' },
      { id: 4, qty: null, price: 2, note: '-' },
    ])
  })

  it('tells NULL, empty lists and nulls in them apart', async () => {
    await load(
      {
        id: { type: 'integer', key: true },
        l: 'jsonb',
        m: 'jsonb',
        a: { type: 'integer', from: '$.s.a' },
      },
      ['nested_nulls.parquet'],
    )
    const rows = await table('l::text, m::text, a', 'id')
    assert.deepEqual(
      rows.map(({ l, m, a }) => [l, m, a]),
      [
        [null, null, null],
        ['[]', '{}', null],
        ['[null]', '{"k": null}', 1],
        ['[{"a": 1, "b": "x"}]', '{"": 1}', 1],
        ['[{"a": null, "b": null}]', '{"k": 3, "a.b": 2}', null],
        ['[null, {"a": 2, "b": null}]', '{"é": 4}', 2],
        ['[{"a": 1, "b": ""}, null, {"a": 3, "b": "z"}]', '{"x": 5}', 3],
      ],
    )
  })

  it('sets aside the row whose text is none', async () => {
    const outcome = await load({ id: { type: 'integer', key: true }, text: 'text' }, [
      'not_utf8.parquet',
    ])
    const summary = runSummary(outcome)
    assert.deepEqual([summary.rows, summary.rejects], [3, 1])
    assert.deepEqual(
      (await readRejects(bed.store, name)).map(({ record, reason, raw }) => [record, reason, raw]),
      [[1, 'text: the bytes are not UTF-8 text', '\\xfffe']],
    )
  })

  it('cuts a large file into batches, and loads each row once', async () => {
    const path = join(folder, `${name}-large.parquet`)
    await duckDb.duckDb.withConnection(AbortSignal.timeout(60_000), (connection) =>
      connection.run(
        `COPY (SELECT i AS id, md5(i::VARCHAR) AS text FROM range(50000) t(i)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 10240)`,
      ),
    )
    const outcome = await loadFolder(
      { id: { type: 'bigint', key: true }, text: 'text' },
      { batch_bytes: '512KiB' },
    )
    assert.equal(runSummary(outcome).rows, 50_000)
    const [sums] = await bed.database.query(
      `SELECT count(*)::int AS rows, sum(id)::text AS ids, bool_and(text = md5(id::text)) AS same FROM ${tableOf(name)}`,
    )
    assert.deepEqual(sums, { rows: 50_000, ids: '1249975000', same: true })
  })

  it('loads nothing of a file that is none', async () => {
    const columns = { id: { type: 'bigint', key: true } }
    const empty = assertFailure(await load(columns, ['drift_1.parquet', 'zero_bytes.parquet']), {
      code: 'SOURCE_MALFORMED',
      exitCode: 1,
    })
    assert.match(empty.message, /empty file, not Parquet/)
    name = uniqueName('parquet')
    await writeFile(join(folder, `${name}-cut.parquet`), 'PAR1 and no more than this')
    const cut = assertFailure(await loadFolder(columns), { code: 'SOURCE_MALFORMED', exitCode: 1 })
    assert.match(cut.message, /cut off/)
    const [none] = await bed.database.query('SELECT to_regclass($1) AS name', [tableOf(name)])
    assert.deepEqual(none, { name: null })
  })
})
