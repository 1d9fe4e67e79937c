import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openLoadBed, openSampleSource, type LoadBed } from '../support/load-bed.ts'
import { sourceDigest, tableDigest } from '../support/oracle.ts'
import { createFlightsTable, tableOf, uniqueName } from '../support/pipeline-fixture.ts'
import { runSummary, type RunSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-01T06'
const interval = { since: '2001-01-01 06:00', until: '2001-01-01 07:00' }

// At the same time: each mostly waits.
describe('a source with faults', { concurrency: true }, () => {
  let bed: LoadBed
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
  })
  after(() => bed?.close())

  /** A pipeline, and a source whose stats and faults no other case changes. */
  async function openFaulty() {
    const name = uniqueName('faulty')
    const source = await openSampleSource()
    const cli = (...more: string[]) =>
      bed.cli(['run', name, '--partition', partition, '--wait', '--json', ...more])
    return {
      name,
      source,
      cli,
      write: (more: { readonly maxRejects?: number } = {}) =>
        bed.writeFlights({ name, url: `${source.url}/flights`, perPage: 250, ...more }),
      run: async (...more: string[]): Promise<RunSummary> => runSummary(await cli(...more)),
      /** How often each page was asked for. */
      requests: () => Object.values(source.stats().pages).map((page) => page.requests),
      async assertExact() {
        const table = await tableDigest(bed.database, tableOf(name))
        assert.deepEqual(table, await sourceDigest(interval))
      },
      [Symbol.asyncDispose]: () => source.close(),
    }
  }

  it('that fails each page in three ways in a row is loaded exactly', async () => {
    await using faulty = await openFaulty()
    await faulty.write()
    faulty.source.setFaults({
      rules: [
        { kind: 'status', status: 503, times: 1, per: 'page' },
        { kind: 'cut', afterBytes: 1000, times: 1, per: 'page' },
        { kind: 'status', status: 429, retryAfterSeconds: 1, times: 1, per: 'page' },
      ],
    })
    const { pages } = await faulty.run()
    assert.ok(pages > 1)
    await faulty.assertExact()
    assert.deepEqual(
      faulty.requests(),
      Array.from({ length: pages }, () => 4),
    )
    assert.equal(faulty.source.stats().pagesRefetched, 0)
  })

  it('that cuts bodies in ways that HTTP does not show is loaded exactly', async () => {
    await using faulty = await openFaulty()
    await faulty.write()
    faulty.source.setFaults({
      rules: [
        { kind: 'cut', afterBytes: 5000, framing: 'close', times: 1, per: 'page' },
        { kind: 'cut', afterBytes: 5000, framing: 'chunked', times: 1, per: 'page' },
      ],
    })
    const { pages, pagesFound } = await faulty.run()
    await faulty.assertExact()
    assert.equal(pagesFound, pages - 1, 'an attempt goes on where the last one ended')
    assert.deepEqual(
      faulty.requests(),
      Array.from({ length: pages }, () => 3),
    )
  })

  it('is not asked again after a load that failed at its rejects', async () => {
    await using faulty = await openFaulty()
    await faulty.write()
    faulty.source.setFaults({
      rules: [{ kind: 'malformed-value', row: 700, column: 'delay', value: 'late' }],
    })
    assertFailure(await faulty.cli(), { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 })
    const { requests: asked } = faulty.source.stats()
    await faulty.write({ maxRejects: 1 })
    const corrected = await faulty.run()
    assert.equal(corrected.pagesFound, corrected.pages)
    assert.equal(corrected.rejects, 1)
    assert.equal(faulty.source.stats().requests, asked, 'nothing was fetched')

    // That one was published: now the source may have something new.
    faulty.source.setFaults({})
    const anew = await faulty.run()
    assert.equal(anew.pagesFound, 0)
    assert.equal(anew.counts.rowsInserted, 1)
    assert.equal(faulty.source.stats().requests, asked + anew.pages)
    await faulty.assertExact()
  })

  it('is not asked again after a load that failed at the table', async () => {
    await using faulty = await openFaulty()
    await faulty.write()
    const table = await createFlightsTable(bed.database, faulty.name)
    await bed.database.query(
      `ALTER TABLE ${table} ADD CONSTRAINT no_gamblers CHECK (destination <> 'LAS')`,
    )
    const failure = assertFailure(await faulty.cli(), { code: 'TARGET_MISMATCH', exitCode: 1 })
    assert.match(failure.message, /no_gamblers/)
    assert.deepEqual(await bed.database.query(`SELECT * FROM ${table}`), [])
    const { requests: asked } = faulty.source.stats()
    await bed.database.query(`ALTER TABLE ${table} DROP CONSTRAINT no_gamblers`)
    const corrected = await faulty.run()
    assert.equal(corrected.pagesFound, corrected.pages)
    assert.equal(faulty.source.stats().requests, asked, 'nothing was fetched')
    await faulty.assertExact()
  })

  it('is asked again when a person says so', async () => {
    await using faulty = await openFaulty()
    await faulty.write()
    faulty.source.setFaults({
      rules: [{ kind: 'malformed-value', row: 700, column: 'delay', value: 'late' }],
    })
    assertFailure(await faulty.cli(), { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 })
    faulty.source.setFaults({})
    const { pages, pagesFound } = await faulty.run('--refetch')
    assert.equal(pagesFound, 0)
    assert.equal(faulty.source.stats().pagesRefetched, pages)
    await faulty.assertExact()
  })
})
