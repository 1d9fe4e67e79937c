import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  contentsOf,
  contentsSql,
  openBigSource,
  type BigRows,
  type BigSource,
} from '../bench/big-inputs-source.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import type { CliOutcome } from '../support/run-cli.ts'
import { runSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'

const mib = 2 ** 20

/** The same at full size: `npm run bench:inputs`. */
describe('a load of large input', () => {
  let bed: LoadBed
  let source: BigSource
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
    source = await openBigSource()
  })
  after(async () => {
    await source?.close()
    await bed?.close()
  })

  async function load(
    rows: BigRows,
    limits: Readonly<Record<string, number>>,
    rowsPerPage?: number,
  ): Promise<{ outcome: CliOutcome; contents: unknown }> {
    const name = uniqueName('large')
    await writePipeline(bed.pipelines, name, {
      name,
      source: {
        kind: 'http',
        url: source.url(rows, rowsPerPage),
        format: 'ndjson',
        ...(rowsPerPage === undefined ? {} : { next: { kind: 'page', size: rowsPerPage } }),
      },
      columns: { id: { type: 'bigint', key: true }, text: 'text' },
      limits,
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
    })
    const table = tableOf(name)
    await bed.database.query(`CREATE TABLE ${table} (id bigint PRIMARY KEY, "text" text)`)
    const args = ['run', name, '--partition', '2001-01-01', '--wait', '--json']
    const outcome = await bed.cli(args)
    const [row] = await bed.database.query(`SELECT ${contentsSql} AS contents FROM ${table}`)
    return { outcome, contents: row?.['contents'] }
  }

  it('takes a record of 34 MiB whole: more than DuckDB reads unasked', async () => {
    const rows = { rows: 1, textBytes: 34 * mib }
    const { outcome, contents } = await load(rows, {})
    assert.equal(runSummary(outcome).rows, 1)
    assert.equal(contents, contentsOf(rows))
  })

  it('takes a page that is larger than a batch', async () => {
    const rows = { rows: 18_000, textBytes: 1000 }
    const { outcome, contents } = await load(rows, { page_bytes: 64 * mib, batch_bytes: mib })
    assert.equal(runSummary(outcome).pages, 1)
    assert.equal(contents, contentsOf(rows))
  })

  it('takes very many records, whatever little is in them', async () => {
    const rows = { rows: 200_000, textBytes: 0 }
    const { outcome, contents } = await load(rows, { batch_bytes: mib }, 80_000)
    assert.equal(runSummary(outcome).rows, rows.rows)
    assert.equal(contents, contentsOf(rows))
  })

  it('refuses a page over the limit, names the limit, and leaves the table as it was', async () => {
    const { outcome, contents } = await load({ rows: 2000, textBytes: 1000 }, { page_bytes: mib })
    const failure = assertFailure(outcome, { code: 'PAGE_TOO_LARGE', exitCode: 1 })
    assert.match(failure.message, /a page is larger than 1048576 bytes/)
    assert.match(failure.remedy, /limits\.page_bytes/)
    assert.equal(contents, contentsOf({ rows: 0, textBytes: 0 }))
  })
})
