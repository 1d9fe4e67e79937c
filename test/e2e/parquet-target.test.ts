import assert from 'node:assert/strict'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { ObjectKey } from '../../codec/index.ts'
import { queryTexts } from '../../activities/conversion/query-texts.ts'
import { codedFailure } from '../../workflows/coded-failure.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { flightColumns, tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { eventually } from '../support/eventually.ts'
import { runSummary } from '../support/run-summary.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { startWebProcess, type WebProcess } from '../support/web-process.ts'
import { assertFailure } from './support/assert-failure.ts'

describe('a load into Parquet files', () => {
  const duck = useDuckDb()
  const name = uniqueName('lake')
  let bed: LoadBed
  let web: WebProcess
  before(async () => {
    bed = await openLoadBed()
    await Promise.all([bed.startWorker(), startWeb()])
    const source = {
      kind: 'http',
      url: '${SAMPLE_SOURCE_URL}/flights',
      query: { since: '{interval.start}', until: '{interval.end}', per_page: 200 },
      records: '$.data',
      next: { kind: 'cursor', path: '$.next' },
    }
    const common = { source, columns: flightColumns, limits: { batch_bytes: '64 KiB' } }
    await writePipeline(bed.pipelines, name, {
      name,
      ...common,
      target: {
        kind: 'parquet',
        path: `s3://${bed.store.bucket}/${name}/flights`,
        mode: 'replace-interval',
        partition_by: ['origin'],
      },
    })
    await writePipeline(bed.pipelines, `${name}-table`, {
      name: `${name}-table`,
      ...common,
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
  })
  async function startWeb(): Promise<void> {
    web = await startWebProcess(bed.environment)
  }
  after(async () => {
    await web?.stop()
    const keys: ObjectKey[] = []
    for await (const { key } of bed.store.list(`${name}/`)) keys.push(key)
    await bed.store.delete(keys)
    await bed.close()
  })

  const run = (pipeline: string, partition: string) =>
    bed.cli(['run', pipeline, '--partition', partition, '--wait', '--json'])

  async function published(): Promise<(string | undefined)[][]> {
    const bucket = `${await mkdtemp(join(duck.folder, 'bucket-'))}/`
    const downloads: Promise<void>[] = []
    for await (const { key } of bed.store.list(`${name}/`)) downloads.push(download(bucket, key))
    await Promise.all(downloads)
    return duck.duckDb.withConnection(AbortSignal.timeout(60_000), async (connection) => {
      await connection.run(
        `SET VARIABLE files = (SELECT list('${bucket}' || file.key) FROM (SELECT unnest(files) AS file
           FROM read_json('${bucket}${name}/flights/_manifests/*.json', columns = {files: 'STRUCT(key VARCHAR)[]'})))`,
      )
      return queryTexts(
        connection,
        `SELECT id::VARCHAR, departed_at::VARCHAR, delay::VARCHAR, distance::VARCHAR, origin, destination
           FROM read_parquet(getvariable('files'), hive_partitioning = true) ORDER BY id`,
      )
    })
  }

  async function download(bucket: string, key: ObjectKey): Promise<void> {
    const body = await bed.store.get(key)
    await mkdir(dirname(bucket + key), { recursive: true })
    await writeFile(bucket + key, body)
  }

  async function ofTable(): Promise<(string | undefined)[][]> {
    const rows = await bed.database.query<Record<string, string>>(
      `SELECT id::text, departed_at::text, delay::text, distance::text, origin, destination
         FROM ${tableOf(name)} AS loaded ORDER BY loaded.id`,
    )
    return rows.map((row) => Object.values(row))
  }

  /** What `/metrics` says of the pipeline, by the endings of the names; waits until that is as it should be. */
  async function metrics(isRight: (metrics: Map<string, number>) => boolean) {
    const labels = `{pipeline="${name}",target="s3://${bed.store.bucket}/${name}/flights"}`
    const sample = /^claimcheck_pipeline_(\w+)(\{.*\}) (\S+)$/gm
    return eventually('the metrics', async () => {
      const text = await (await fetch(`${web.url}/metrics`)).text()
      const own = text.matchAll(sample).filter(([, , found]) => found === labels)
      const found = new Map(own.map(([, ending = '', , value]) => [ending, Number(value)]))
      return isRight(found) ? found : undefined
    })
  }

  it('has the rows that a table has, slice by slice', async () => {
    const [table, first] = await Promise.all([
      run(`${name}-table`, '2001-01-01T13..2001-01-01T14').then(runSummary),
      run(name, '2001-01-01T13').then(runSummary),
    ])
    const second = runSummary(await run(name, '2001-01-01T14'))
    assert.ok(first.counts.rowsInserted > 0 && second.counts.rowsInserted > 0)
    assert.equal(first.rows + second.rows, table.rows)
    const expected = await ofTable()
    assert.deepEqual(await published(), expected)

    const beganMs = Date.now()
    const again = runSummary(await run(name, '2001-01-01T13'))
    assert.ok(again.counts.rowsInserted > 0)
    assert.deepEqual(await published(), expected)

    const failure = assertFailure(await run(name, '2001-01-01'), {
      code: 'INTERVAL_LOADED',
      exitCode: 1,
    })
    const failedMs = Date.now()
    assert.match(failure.message, /2001-01-01T1[34]/)
    assert.deepEqual(await published(), expected)

    const told = await metrics((found) => found.get('runs_failed') === 1)
    assert.equal(told.get('rows'), first.rows)
    assert.equal(told.get('rows_rejected'), 0)
    assert.equal(told.get('fields_missing'), 0)
    // Of the other slice, which was loaded before that one was again.
    const lagMs = Date.now() - Date.parse('2001-01-01T15:00:00Z')
    assert.ok(Math.abs((told.get('lag_seconds') ?? 0) - lagMs / 1000) < 600)
    // Stores say when something was written in whole seconds.
    assert.ok((told.get('published_timestamp_seconds') ?? 0) >= Math.floor(beganMs / 1000))
    await eventually('the next second', async () =>
      Math.floor(Date.now() / 1000) > Math.floor(failedMs / 1000) ? true : undefined,
    )

    bed.source.resetStats()
    const { datasetId } = first
    const parts = { partition: '2001-01-01T13', dataset: datasetId, from: 'parts' } as const
    const loaded = await bed.reprocess(name, { ...parts, plan: false })
    assert.notEqual(loaded.datasetId, datasetId)
    assert.equal(loaded.counts.rowsInserted, first.counts.rowsInserted)
    assert.deepEqual(await published(), expected)
    const refused = await bed.reprocess(name, { ...parts, plan: true }).catch(codedFailure)
    assert.equal(Object(refused).code, 'PLAN_UNSUPPORTED')
    assert.deepEqual(await published(), expected)
    assert.equal(bed.source.stats().requests, 0)
    await metrics((found) => found.get('runs_failed') === 0)
  })
})
