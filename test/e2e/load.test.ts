import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { isClaimPayload } from '../../codec/index.ts'
import { chainHistories } from '../../src/client/history-size.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { sourceAirports, sourceDigest, tableDigest } from '../support/oracle.ts'
import { tableOf, uniqueName } from '../support/pipeline-fixture.ts'
import { chainOfHistories, payloadsOf } from '../support/run-histories.ts'
import { runSummary, type RunSummary } from '../support/run-summary.ts'

/** Small, so that payloads of these loads are parked too. */
const thresholdBytes = 1024
const historyLimitBytes = 60_000
const samples = new URL('../../infra/sample-source/pipelines/', import.meta.url)

describe('a load from the command line', () => {
  let bed: LoadBed
  before(async () => {
    bed = await openLoadBed({ CLAIMCHECK_THRESHOLD_BYTES: String(thresholdBytes) })
    await bed.startWorker()
  })
  after(() => bed?.close())
  beforeEach(() => {
    bed.source.setFaults({})
    bed.source.resetStats()
  })

  async function run(name: string, partition: string, ...more: string[]): Promise<RunSummary> {
    return runSummary(
      await bed.cli(['run', name, '--partition', partition, '--wait', '--json', ...more]),
    )
  }

  /** A sample pipeline under a name of its own, into a table of that name. */
  async function copySample(sample: 'airports' | 'flights'): Promise<string> {
    const name = uniqueName(sample)
    const text = await readFile(new URL(`${sample}.yaml`, samples), 'utf8')
    await writeFile(
      join(bed.pipelines, `${name}.yaml`),
      text.replace(`name: ${sample}`, `name: ${name}`).replace(`public.${sample}`, tableOf(name)),
    )
    return name
  }

  /** Which version of each row the table holds: another one was written after this was asked. */
  function rowVersions(name: string): Promise<unknown> {
    return bed.database.query(
      `SELECT md5(string_agg(xmin::text || ctid::text, '' ORDER BY ctid)) FROM ${tableOf(name)}`,
    )
  }

  it('brings all airports, as they stand in the file', async () => {
    const name = await copySample('airports')
    const { rows, rejects } = await run(name, '2001')
    assert.deepEqual({ rows, rejects }, { rows: 3376, rejects: 0 })
    const loaded = await bed.database.query(
      `SELECT iata, name, city, state, country, latitude::text, longitude::text
         FROM ${tableOf(name)} ORDER BY iata COLLATE "C"`,
    )
    // The column's type pads the coordinates with zeros; no digit of the file may be lost.
    const expected = (await sourceAirports()).map((airport) => ({
      ...airport,
      latitude: padded(airport['latitude']),
      longitude: padded(airport['longitude']),
    }))
    assert.deepEqual(loaded, expected)
  })

  it('brings the flights of January, and changes nothing when it is run again', async () => {
    const name = await copySample('flights')
    const first = await run(name, '2001-01')
    const expected = await sourceDigest({ since: '2001-01-01', until: '2001-02-01' })
    assert.equal(expected.rows, 508_239)
    assert.equal(expected.delaySum, 3_221_712)
    assert.deepEqual(await tableDigest(bed.database, tableOf(name)), expected)
    assert.equal(first.counts.rowsInserted, 508_239)
    assert.equal(bed.source.stats().pagesFetched, first.pages)
    assert.equal(bed.source.stats().pagesRefetched, 0)
    await assertHistoriesSmall(first)

    const versions = await rowVersions(name)
    const second = await run(name, '2001-01')
    assert.notEqual(second.datasetId, first.datasetId)
    assert.deepEqual(second.counts, { ...first.counts, rowsInserted: 0, rowsUnchanged: 508_239 })
    assert.deepEqual(await rowVersions(name), versions, 'no row was written')
    assert.equal(bed.source.stats().pagesRefetched, first.pages, 'what is new is looked for')
  })

  it('that is started twice is one load', async () => {
    const name = uniqueName('twice')
    await bed.writeFlights({ name, perPage: 100 })
    bed.source.setFaults({ latencyMs: 200 })
    const [one, other] = await Promise.all([run(name, '2001-01-01T06'), run(name, '2001-01-01T06')])
    assert.notEqual(one.joined, other.joined)
    assert.equal(one.runId, other.runId)
    assert.equal(one.datasetId, other.datasetId)
    assert.equal(bed.source.stats().pagesRefetched, 0)
    const loads = await bed.database.query('SELECT FROM claimcheck.loads WHERE pipeline = $1', [
      name,
    ])
    assert.equal(loads.length, 1)
  })

  it('that is long goes on in new runs, each with a small history', async () => {
    const name = uniqueName('long')
    await bed.writeFlights({ name, perPage: 600, limits: { batch_bytes: 1 } })
    const summary = await run(name, '2001-01-01')
    assert.equal(summary.pages, 25)
    assert.equal(summary.runs, 3)
    assert.deepEqual(
      await tableDigest(bed.database, tableOf(name)),
      await sourceDigest({ since: '2001-01-01', until: '2001-01-02' }),
    )
    assert.equal(bed.source.stats().pagesRefetched, 0)
    await assertHistoriesSmall(summary)
  })

  async function assertHistoriesSmall({ workflowId, runId, runs }: RunSummary): Promise<void> {
    const sizes = await chainHistories(bed.client, workflowId, runId)
    assert.equal(sizes.length, runs)
    for (const { bytes } of sizes) {
      assert.ok(bytes > 0 && bytes < historyLimitBytes, `a history of ${bytes} bytes`)
    }
    const histories = await chainOfHistories(bed.client, workflowId, runId)
    const payloads = histories.flatMap((history) => payloadsOf(history))
    assert.ok(payloads.some(isClaimPayload), 'what is larger is there as a claim')
    const largest = Math.max(...payloads.map(({ data }) => data?.length ?? 0))
    assert.ok(largest <= thresholdBytes, `a payload of ${largest} bytes`)
  }
})

function padded(number: unknown): string {
  const [whole = '', fraction = ''] = String(number).split('.')
  return `${whole}.${fraction.padEnd(8, '0')}`
}
