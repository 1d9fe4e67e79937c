import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { WorkflowNotFoundError } from '@temporalio/client'
import { CodedError } from '../../codec/index.ts'
import { loadFailure } from '../../src/client/load-failure.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { runSummary } from '../support/run-summary.ts'
import { useDuckDb } from '../support/use-duck-db.ts'

const partition = '2001-01-01'

/** What a file says of an id: which file it is, and where in it. */
interface Row {
  readonly id: number
  readonly t: string
}

function rowsOf(file: string, first: number, count: number, step = 1): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    id: first + index * step,
    t: `${file} "${index}",\n\u00e9`,
  }))
}

/** The table after these have come one after the other. */
function merged(...files: readonly (readonly Row[])[]): Row[] {
  const rows = new Map(files.flat().map((row) => [row.id, row]))
  return [...rows.values()].toSorted((left, right) => left.id - right.id)
}

const ndjsonOf = (rows: readonly Row[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const csvOf = (rows: readonly Row[], lineEnd = '\n') =>
  ['t,id', ...rows.map(({ id, t }) => `"${t.replaceAll('"', '""')}",${id}`), ''].join(lineEnd)

describe('a load of files', () => {
  const duckDb = useDuckDb()
  let bed: LoadBed
  let folder: string
  let name: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-files-'))
    bed = await openLoadBed()
    await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: folder })
  })
  after(async () => {
    await bed?.close()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    name = uniqueName('files')
  })

  const write = (file: string, content: string | Buffer) =>
    writeFile(join(folder, `${name}-${file}`), content)

  const writeSource = (
    source: Readonly<Record<string, unknown>>,
    limits: Readonly<Record<string, unknown>> = {},
  ) =>
    writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'file', path: `${folder}/${name}-*`, ...source },
      columns: { id: { type: 'integer', key: true }, t: 'text' },
      limits: { batch_bytes: '32KiB', page_bytes: '16KiB', attempts: 1, ...limits },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })

  const run = async () => (await bed.start(name, partition)).result()

  async function assertTable(expected: readonly Row[]): Promise<void> {
    const rows = await bed.database.query(`SELECT id, t FROM ${tableOf(name)} ORDER BY id`)
    assert.deepEqual(rows, expected)
  }

  const childStatus = async (item: number) => {
    const id = `etl/${name}/${partition}/${item}`
    return (await bed.client.workflow.getHandle(id).describe()).status.name
  }

  it('has the rows of the last file that has them, one file after the other', async () => {
    const files = [rowsOf('a', 0, 1500), rowsOf('b', 100, 300, 5), rowsOf('c', 0, 40, 37)]
    const [first = [], second = [], third = []] = files
    await write('1.ndjson', ndjsonOf(first))
    await write('2.ndjson.gz', gzipSync(ndjsonOf(second)))
    await write('3.ndjson', `\uFEFF${ndjsonOf(third)}`)
    await writeSource({ format: 'ndjson' }, { items_in_flight: 1 })
    const { rows, counts, pages, items, itemsLoaded } = await run()
    assert.deepEqual([rows, counts.rowsStaged, items, itemsLoaded], [1840, 1840, 3, 3])
    assert.ok(pages >= 5, `${pages} pages`)
    await assertTable(merged(...files))
    assert.equal(counts.rowsDuplicate, 1840 - merged(...files).length)
    for (const item of [0, 1, 2]) assert.equal(await childStatus(item), 'COMPLETED')
  })

  it('has the same rows where the last file is done first, each with a CSV header of its own', async () => {
    const files = [rowsOf('a', 0, 3000), [], rowsOf('b', 2500, 1000), rowsOf('c', 0, 10, 333)]
    const [first = [], second = [], third = [], fourth = []] = files
    await write('1.csv', csvOf(first, '\r\n'))
    await write('2.csv', csvOf(second))
    await write('3.csv', csvOf(third).trimEnd())
    await write('4.csv', `\uFEFF${csvOf(fourth)}`)
    await writeSource({ format: 'csv' }, { items_in_flight: 4, batch_bytes: '4KiB' })
    assert.equal((await run()).rows, 4010)
    await assertTable(merged(...files))
  })

  it('takes Parquet, cut into batches', async () => {
    const path = (file: number) => join(folder, `${name}-${file}.parquet`)
    await duckDb.duckDb.withConnection(AbortSignal.timeout(30_000), async (connection) => {
      for (const [file, first, count] of [
        [1, 0, 9000],
        [2, 8000, 10],
      ] as const) {
        await connection.run(
          `COPY (SELECT ${first} + range AS id, 'file ${file} ' || md5(range::VARCHAR) AS t FROM range(${count}))
             TO '${path(file)}' (ROW_GROUP_SIZE 2048)`,
        )
      }
    })
    await writeSource({ format: 'parquet' }, { batch_bytes: '128KiB' })
    const { rows, pages } = await run()
    assert.equal(rows, 9010)
    assert.ok(pages > 3, `${pages} pages`)
    const [counted] = await bed.database.query(
      `SELECT count(*)::int AS all, count(*) FILTER (WHERE id BETWEEN 8000 AND 8009 AND t = 'file 2 ' || md5((id - 8000)::text))::int AS second,
              count(*) FILTER (WHERE t = 'file 1 ' || md5(id::text))::int AS first
         FROM ${tableOf(name)}`,
    )
    assert.deepEqual(counted, { all: 9000, second: 10, first: 8990 })
  })

  it('needs no child for a single file, and no source to be loaded from the landing', async () => {
    await writeSource({ format: 'ndjson' })
    assert.equal((await run()).rows, 0)
    const rows = rowsOf('a', 0, 1000)
    await write('1.ndjson', ndjsonOf(rows))
    const { rows: loaded, items, itemsLoaded } = await run()
    assert.deepEqual([loaded, items, itemsLoaded], [1000, 1, 1])
    await assertTable(rows)
    await assert.rejects(childStatus(0), WorkflowNotFoundError)

    await rm(join(folder, `${name}-1.ndjson`))
    await bed.database.query(`TRUNCATE ${tableOf(name)}`)
    const again = ['reprocess', name, '--partition', partition, '--wait', '--json']
    const { pages, pagesFound } = runSummary(await bed.cli(again))
    assert.equal(pagesFound, pages)
    await assertTable(rows)
  })

  it('publishes nothing while one file is bad, and then reads that one alone', async () => {
    const files = [rowsOf('a', 0, 1000), rowsOf('b', 500, 1000)]
    const [first = [], second = []] = files
    await write('1.ndjson', ndjsonOf(first))
    await write('2.ndjson', ndjsonOf(second).slice(0, -5))
    await writeSource({ format: 'ndjson' }, { items_in_flight: 1 })
    const failed: unknown = await run().catch((error: unknown) => loadFailure(error, name))
    assert.ok(failed instanceof CodedError)
    assert.equal(failed.code, 'SOURCE_MALFORMED')
    assert.match(failed.message, /the last line was cut off .*item=.*-2\.ndjson/)
    const [none] = await bed.database.query('SELECT to_regclass($1) AS name', [tableOf(name)])
    assert.deepEqual(none, { name: null })
    await write('2.ndjson', ndjsonOf(second))
    const summary = await run()
    assert.ok(summary.pagesFound > 0 && summary.pagesFound < summary.pages)
    assert.deepEqual([summary.rows, summary.counts.rowsDuplicate], [2000, 500])
    await assertTable(merged(...files))

    // What that would change is known from the landing of both; nothing of it stays.
    for (const file of ['1', '2']) await rm(join(folder, `${name}-${file}.ndjson`))
    await bed.database.query(`DELETE FROM ${tableOf(name)} WHERE id < 7`)
    const state = async () => {
      const keys: string[] = []
      for await (const { key } of bed.store.list(`datasets/${name}/`)) keys.push(key)
      const staged = await bed.database.query(
        `SELECT relname FROM pg_class WHERE relnamespace = 'claimcheck_staging'::regnamespace`,
      )
      return { keys: keys.toSorted(), staged }
    }
    const found = await state()
    const { plan } = await bed.reprocess(name, { partition, from: 'landing', plan: true })
    const planned = [plan?.rowsBefore, plan?.counts.rowsInserted, plan?.counts.rowsUnchanged]
    assert.deepEqual(planned, [1493, 7, 1493])
    assert.deepEqual(await state(), found)
    await assertTable(merged(...files).filter(({ id }) => id >= 7))
  })
})
