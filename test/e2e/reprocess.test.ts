import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Client } from '@temporalio/client'
import { z } from 'zod'
import { manifestKey, partKey } from '../../activities/bucket-layout.ts'
import type { DatasetId } from '../../activities/index.ts'
import { codedFailure } from '../../workflows/coded-failure.ts'
import type { ReprocessWish } from '../../src/client/reprocess-request.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { createApi } from '../../src/web/api/create-api.ts'
import { EventStreams } from '../../src/web/api/event-streams.ts'
import type { LoadResult } from '../../workflows/index.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { flightColumns, tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { jsonLines, type CliOutcome } from '../support/run-cli.ts'

const partition = '2001-01-01T06'

const planned = z.object({
  type: z.literal('planned'),
  target: z.string(),
  rowsBefore: z.number().nullable(),
  added: z.number(),
  changed: z.number().nullable(),
  removed: z.number().nullable(),
  same: z.number().nullable(),
})

describe('a dataset that is loaded again', { timeout: 300_000 }, () => {
  let bed: LoadBed
  let name: string
  let first: LoadResult
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
    name = uniqueName('again')
    await write()
    first = await (await bed.start(name, partition)).result()
    bed.source.resetStats()
  })
  after(async () => {
    await bed?.close()
  })

  const write = (change: object = {}) =>
    writePipeline(bed.pipelines, name, {
      name,
      source: {
        kind: 'http',
        url: '${SAMPLE_SOURCE_URL}/flights',
        query: { since: '{interval.start}', until: '{interval.end}', per_page: 250 },
        records: '$.data',
        next: { kind: 'cursor', path: '$.next' },
      },
      columns: flightColumns,
      limits: { batch_bytes: '40KiB', attempts: 2 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge', lineage: true },
      ...change,
    })
  const again = (...more: string[]): Promise<CliOutcome> =>
    bed.cli(['reprocess', name, '--partition', partition, '--json', ...more])
  /** The same without a process of its own. */
  const redo = (wish: Partial<ReprocessWish>): Promise<LoadResult> =>
    bed.reprocess(name, { partition, from: 'parts', plan: false, ...wish })
  const failureOf = async (load: Promise<LoadResult>, code: string) => {
    const error: unknown = await load.then(
      () => assert.fail('it has not failed'),
      (caught: unknown) => caught,
    )
    const failure = codedFailure(error)
    assert.equal(failure?.code, code, String(error))
    assert.ok(failure)
    return failure
  }
  const refused = async (wish: Partial<ReprocessWish>, code: string, message: RegExp) =>
    assert.match((await failureOf(redo(wish), code)).message, message)
  const query = (sql: string, ...values: unknown[]) => bed.database.query(sql, values)
  const place = (datasetId: string) => ({
    pipeline: name,
    partition,
    datasetId: datasetId as DatasetId,
  })

  it('is planned first, which changes nothing and waits for nobody', async () => {
    const table = tableOf(name)
    await query(`DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} ORDER BY id LIMIT 2)`)
    await query(
      `UPDATE ${table} SET origin = '???' WHERE id IN (SELECT id FROM ${table} ORDER BY id LIMIT 3)`,
    )
    const state = async () => [
      await query(`SELECT ctid::text, xmin::text, xmax::text FROM ${table} ORDER BY 1`),
      await query(`SELECT * FROM claimcheck.loads`),
      await query(`SELECT * FROM claimcheck.runs`),
      await query(`SELECT * FROM claimcheck.pipelines`),
      await query(
        `SELECT relname FROM pg_class WHERE relnamespace = 'claimcheck_staging'::regnamespace`,
      ),
      await datasetsOf(bed, name),
    ]
    const found = await state()
    const writer = await bed.database.connect()
    try {
      // Who loads waits for this one's end; who reads does not.
      await writer.query(`BEGIN; LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`)
      const outcome = await again('--from', 'parts', '--plan')
      assert.deepEqual(planned.parse(jsonLines(outcome).at(-1)), {
        type: 'planned',
        target: table,
        rowsBefore: first.rows - 2,
        added: 2,
        changed: 3,
        removed: null,
        same: first.rows - 5,
      })
      const { plan } = await redo({ from: 'landing', plan: true })
      const counts = { rowsInserted: 2, rowsUpdated: 3, rowsUnchanged: first.rows - 5 }
      assert.partialDeepStrictEqual(plan, { target: table, counts })
    } finally {
      await writer.query('ROLLBACK')
    }
    assert.deepEqual(await state(), found)
  })

  it('has its parts loaded as they are, and is told by what was made of it', async () => {
    const { datasetId, counts, rows } = await redo({})
    assert.notEqual(datasetId, first.datasetId)
    assert.deepEqual([rows, counts.rowsInserted, counts.rowsUpdated], [first.rows, 2, 3])
    const made = { madeFrom: first.datasetId, madeBy: 'parts' }
    const [shown, traced, verified] = await Promise.all([
      bed.cli(['loads', 'show', datasetId, '--json']),
      bed.cli(['lineage', name, '--blob', `${datasetId}/0`, '--json']),
      bed.cli(['loads', 'verify', datasetId, '--json']),
    ])
    assert.partialDeepStrictEqual(jsonLines(shown)[0], { ...made, recordsServed: first.rows })
    const [{ made_from: from } = {}] = await query(
      'SELECT made_from FROM claimcheck.datasets WHERE dataset_id = $1',
      datasetId,
    )
    assert.equal(from, first.datasetId)
    assert.partialDeepStrictEqual(jsonLines(traced)[0], {
      ...made,
      part: { key: partKey(place(first.datasetId), 0), isStored: true },
    })
    assert.partialDeepStrictEqual(jsonLines(verified)[0], { verdict: 'equal' })
    // It has no parts of its own, and its objects name those of the first.
    const own = (await datasetsOf(bed, name)).filter((key) => key.includes(datasetId))
    assert.deepEqual(
      own.map((key) => key.split('/').at(-1)),
      ['definition.json', 'manifest.json'],
    )
  })

  it('goes into another table, of which the pipeline takes no notice', async () => {
    const other = `${tableOf(name)}_other`
    // The newest, which has the parts of the first.
    const { datasetId } = await redo({ target: other })
    const difference = `SELECT id, origin FROM ${tableOf(name)} EXCEPT SELECT id, origin FROM ${other}`
    assert.deepEqual(await query(difference), [])
    const [{ same, runs } = {}] = await query(
      `SELECT (SELECT target FROM claimcheck.loads WHERE dataset_id = $2)
                = (SELECT target FROM claimcheck.pipelines WHERE name = $1) AS same,
              (SELECT array_agg(DISTINCT state) FROM claimcheck.runs WHERE pipeline = $1) AS runs`,
      name,
      datasetId,
    )
    assert.deepEqual([same, runs], [false, ['published']])
  })

  it('is refused by its parts where the columns have changed, and converted anew from its landing', async () => {
    const { origin: _, ...columns } = flightColumns
    await write({ columns: { ...columns, delay: 'text', cancelled: 'boolean' } })
    const { message, remedy } = await failureOf(redo({ from: 'parts' }), 'PARTS_OUTGROWN')
    assert.equal(
      message.split(' [')[0],
      'the parts have other columns than the pipeline declares now: "delay" is integer in the parts ' +
        'and text now; "cancelled" (boolean) is not in the parts; "origin" (text) is in the parts only',
    )
    assert.match(remedy, /--from landing/)
    await write({ transform: 'select *, distance * 2 as twice from input', target: appending() })
    const { plan } = await redo({ from: 'landing', plan: true })
    assert.partialDeepStrictEqual(plan, {
      target: appending().table,
      rowsBefore: null,
      counts: { rowsInserted: first.rows },
      canChange: false,
      canRemove: false,
    })
    const { datasetId } = await redo({ from: 'landing' })
    const [made] = await query(
      'SELECT made_by FROM claimcheck.loads WHERE dataset_id = $1',
      datasetId,
    )
    assert.deepEqual(made, { made_by: 'landing' })
    // Parts come after the transform: they are not transformed once more.
    await query(`DROP TABLE ${appending().table}`)
    await query('DELETE FROM claimcheck.loads WHERE dataset_id = $1', datasetId)
    const { counts } = await redo({ dataset: datasetId })
    assert.equal(counts.rowsInserted, first.rows)
    const wrong = `SELECT FROM ${appending().table} WHERE twice IS DISTINCT FROM distance * 2`
    assert.deepEqual(await query(wrong), [])
  })

  it('fails before the table is touched where a part is damaged or gone', async () => {
    await write()
    const places = () => query(`SELECT ctid::text, xmin::text FROM ${tableOf(name)} ORDER BY 1`)
    const found = await places()
    const key = partKey(place(first.datasetId), 0)
    const head = await bed.store.head(key)
    const bytes = Buffer.from(await bed.store.get(key))
    const options = {
      contentType: 'application/vnd.apache.parquet',
      metadata: head?.metadata ?? {},
    }
    // As long as it was, and saying of itself what it said.
    const damaged = Buffer.from(bytes)
    damaged[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await bed.store.put(key, damaged, options)
    const parts = { dataset: first.datasetId }
    await refused(parts, 'PART_DAMAGED', new RegExp(`${key} has another SHA-256 `))
    await bed.store.delete([key])
    await refused(parts, 'PART_DAMAGED', new RegExp(`${key} is not in the store `))
    const unsealed = place(first.datasetId)
    const manifest = await bed.store.get(manifestKey(unsealed))
    await bed.store.delete([manifestKey(unsealed)])
    await assert.rejects(redo(parts), { code: 'DATASET_NOT_FOUND', message: /did not complete it/ })
    await bed.store.put(manifestKey(unsealed), manifest, { contentType: 'application/json' })
    await bed.store.put(key, bytes, options)
    assert.deepEqual(await places(), found)
    const failed = await query(
      `SELECT state, failure_code FROM claimcheck.runs WHERE pipeline = $1 AND state <> 'published'`,
      name,
    )
    // Of the one that had begun.
    assert.deepEqual(failed, [{ state: 'failed', failure_code: 'PART_DAMAGED' }])
  })

  it('leaves no run behind in the catalog that could not be prepared', async () => {
    // A mark needs its column, which is found out when the catalog has heard of the run.
    await write({
      incremental: { column: 'distance', initial: '0' },
      transform: 'select * exclude (distance) from input',
      source: {
        kind: 'http',
        url: '${SAMPLE_SOURCE_URL}/flights',
        query: { since: '{high_water_mark}' },
        next: { kind: 'none' },
      },
    })
    await failureOf((await bed.start(name, '2001-01-02')).result(), 'TRANSFORM_INVALID')
    const runs = await query(
      `SELECT state, failure_code FROM claimcheck.runs WHERE pipeline = $1 AND partition = '2001-01-02'`,
      name,
    )
    assert.deepEqual(runs, [{ state: 'failed', failure_code: 'TRANSFORM_INVALID' }])
  })

  it('is asked for by HTTP too, once with one key', async () => {
    await write()
    const { taskQueue } = readSettings(bed.environment)
    const lost: unknown[] = []
    const api = createApi({
      host: '127.0.0.1',
      onFailure: (failure) => assert.equal(failure, lost[0]),
      services: {
        client: async () => (lost.length === 0 ? losingAnswers(bed.client, lost) : bed.client),
        schedules: () => assert.fail('there are no schedules'),
        signal: new AbortController().signal,
        directories: [bed.pipelines],
        namespace: 'default',
        store: bed.store,
        streams: new EventStreams(new AbortController().signal),
        taskQueue,
      },
    })
    const request = (key: string, body: object) => {
      const headers = { host: '127.0.0.1', 'content-type': 'application/json' }
      return api.request(`/reprocess/${name}`, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': key },
        body: JSON.stringify({ partition, ...body }),
      })
    }
    const started = z.object({ workflowId: z.string(), runId: z.string() })
    const ask = async (key: string, body: object) =>
      started.parse(await (await request(key, body)).json())

    // The newest dataset is then the one that this has made, and it must not be taken for it.
    const unnamed = uniqueName('key')
    assert.equal((await request(unnamed, {})).status, 500)
    const made = started.parse(Object(lost[0]).answer)
    await bed.client.workflow.getHandle(made.workflowId).result()
    assert.deepEqual(await ask(unnamed, {}), made)
    assert.deepEqual(await ask(unnamed, {}), made)

    const plan = { dataset: first.datasetId, from: 'parts', plan: true }
    const { workflowId, runId } = await ask(name, plan)
    const result: unknown = await bed.client.workflow.getHandle(workflowId).result()
    assert.partialDeepStrictEqual(result, { plan: { counts: { rowsUnchanged: first.rows } } })
    assert.deepEqual(await ask(name, plan), { workflowId, runId })
  })

  it('asks its source for nothing', () => {
    assert.equal(bed.source.stats().requests, 0)
  })

  const appending = () => ({
    kind: 'postgres',
    table: `${tableOf(name)}_added`,
    mode: 'append',
  })
})

/** A client that fails when an answer is to be kept with its key, and notes that. */
function losingAnswers(client: Client, lost: unknown[]): Client {
  const getHandle: Client['workflow']['getHandle'] = (id, ...more) => {
    const handle = client.workflow.getHandle(id, ...more)
    if (!id.startsWith('request/')) return handle
    return Object.assign(handle, {
      signal(_: unknown, answer: unknown) {
        lost.push(Object.assign(new Error('the answer is lost'), { answer }))
        return Promise.reject(lost[0])
      },
    })
  }
  const workflow = Object.create(client.workflow, { getHandle: { value: getHandle } })
  return Object.create(client, { workflow: { value: workflow } })
}

async function datasetsOf({ store }: LoadBed, pipeline: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(`datasets/${pipeline}/`)) keys.push(key)
  return keys.toSorted()
}
