import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { sourceDigest, tableDigest } from '../support/oracle.ts'
import { createFlightsTable, tableOf, uniqueName } from '../support/pipeline-fixture.ts'
import { runSummary, type RunSummary } from '../support/run-summary.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-01T06'
const interval = { since: '2001-01-01 06:00', until: '2001-01-01 07:00' }

describe('a source with faults', () => {
  let bed: LoadBed
  let name: string
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
  })
  after(() => bed?.close())
  beforeEach(() => {
    name = uniqueName('faulty')
    bed.source.setFaults({})
    bed.source.resetStats()
  })

  const args = (...more: string[]) => [
    'run',
    name,
    '--partition',
    partition,
    '--wait',
    '--json',
    ...more,
  ]
  const run = async (...more: string[]): Promise<RunSummary> =>
    runSummary(await bed.cli(args(...more)))

  /** How often each page was asked for. */
  function requests(): number[] {
    return Object.values(bed.source.stats().pages).map((page) => page.requests)
  }

  async function assertExact(): Promise<void> {
    const table = await tableDigest(bed.database, tableOf(name))
    assert.deepEqual(table, await sourceDigest(interval))
  }

  it('that fails each page in three ways in a row is loaded exactly', async () => {
    await bed.writeFlights({ name, perPage: 250 })
    bed.source.setFaults({
      rules: [
        { kind: 'status', status: 503, times: 1, per: 'page' },
        { kind: 'cut', afterBytes: 1000, times: 1, per: 'page' },
        { kind: 'status', status: 429, retryAfterSeconds: 1, times: 1, per: 'page' },
      ],
    })
    const { pages } = await run()
    assert.ok(pages > 1)
    await assertExact()
    assert.deepEqual(
      requests(),
      Array.from({ length: pages }, () => 4),
    )
    assert.equal(bed.source.stats().pagesRefetched, 0)
  })

  it('that cuts bodies in ways that HTTP does not show is loaded exactly', async () => {
    await bed.writeFlights({ name, perPage: 250 })
    bed.source.setFaults({
      rules: [
        { kind: 'cut', afterBytes: 5000, framing: 'close', times: 1, per: 'page' },
        { kind: 'cut', afterBytes: 5000, framing: 'chunked', times: 1, per: 'page' },
      ],
    })
    const { pages, pagesFound } = await run()
    await assertExact()
    assert.equal(pagesFound, pages - 1, 'an attempt goes on where the last one ended')
    assert.deepEqual(
      requests(),
      Array.from({ length: pages }, () => 3),
    )
  })

  it('is not asked again after a load that failed at its rejects', async () => {
    await bed.writeFlights({ name, perPage: 250 })
    bed.source.setFaults({
      rules: [{ kind: 'malformed-value', row: 700, column: 'delay', value: 'late' }],
    })
    assertFailure(await bed.cli(args()), { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 })
    const { requests: asked } = bed.source.stats()
    await bed.writeFlights({ name, perPage: 250, maxRejects: 1 })
    const corrected = await run()
    assert.equal(corrected.pagesFound, corrected.pages)
    assert.equal(corrected.rejects, 1)
    assert.equal(bed.source.stats().requests, asked, 'nothing was fetched')

    // That one was published: now the source may have something new.
    bed.source.setFaults({})
    const anew = await run()
    assert.equal(anew.pagesFound, 0)
    assert.equal(anew.counts.rowsInserted, 1)
    assert.equal(bed.source.stats().requests, asked + anew.pages)
    await assertExact()
  })

  it('is not asked again after a load that failed at the table', async () => {
    await bed.writeFlights({ name, perPage: 250 })
    const table = await createFlightsTable(bed.database, name)
    await bed.database.query(
      `ALTER TABLE ${table} ADD CONSTRAINT no_gamblers CHECK (destination <> 'LAS')`,
    )
    const failure = assertFailure(await bed.cli(args()), { code: 'TARGET_MISMATCH', exitCode: 1 })
    assert.match(failure.message, /no_gamblers/)
    assert.deepEqual(await bed.database.query(`SELECT * FROM ${table}`), [])
    const { requests: asked } = bed.source.stats()
    await bed.database.query(`ALTER TABLE ${table} DROP CONSTRAINT no_gamblers`)
    const corrected = await run()
    assert.equal(corrected.pagesFound, corrected.pages)
    assert.equal(bed.source.stats().requests, asked, 'nothing was fetched')
    await assertExact()
  })

  it('is asked again when a person says so', async () => {
    await bed.writeFlights({ name, perPage: 250 })
    bed.source.setFaults({
      rules: [{ kind: 'malformed-value', row: 700, column: 'delay', value: 'late' }],
    })
    assertFailure(await bed.cli(args()), { code: 'REJECT_LIMIT_EXCEEDED', exitCode: 1 })
    bed.source.setFaults({})
    const { pages, pagesFound } = await run('--refetch')
    assert.equal(pagesFound, 0)
    assert.equal(bed.source.stats().pagesRefetched, pages)
    await assertExact()
  })
})
