import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { sourceAirports, sourceDigest, tableDigest } from '../support/oracle.ts'
import { tableOf, uniqueName } from '../support/pipeline-fixture.ts'
import { jsonLines } from '../support/run-cli.ts'
import { runSummary } from '../support/run-summary.ts'

// At the same time: each mostly waits.
describe('a pipeline whose columns were drafted', { concurrency: true }, () => {
  let bed: LoadBed
  before(async () => {
    bed = await openLoadBed()
    await bed.startWorker()
  })
  after(() => bed?.close())

  /** Writes a file without columns, asks for a draft, and pastes it. */
  async function draft(word: string, source: string, ...options: string[]): Promise<string> {
    const name = uniqueName(word)
    const file = join(bed.pipelines, `${name}.yaml`)
    const rest = `target: { kind: postgres, table: ${tableOf(name)}, mode: merge }\n`
    await writeFile(file, `name: ${name}\n${source}${rest}`)
    const { exitCode, stdout, stderr } = await bed.cli(['pipelines', 'infer', name, ...options])
    assert.equal(exitCode, 0, stderr)
    await writeFile(file, `name: ${name}\n${source}${stdout}${rest}`)
    const validated = await bed.cli(['pipelines', 'validate', name])
    assert.equal(validated.exitCode, 0, validated.stdout)
    return name
  }

  async function run(name: string, partition: string) {
    return runSummary(await bed.cli(['run', name, '--partition', partition, '--wait', '--json']))
  }

  const flights = `
source:
  kind: http
  url: \${SAMPLE_SOURCE_URL}/flights
  query: { since: "{interval.start}", until: "{interval.end}", per_page: 500 }
  records: $.data
  next: { kind: cursor, path: $.next }
`

  it('loads pages of JSON, every value as it is at the source', async () => {
    const name = await draft('drafted', flights, '--partition', '2001-01-01', '--pages', '2')
    const { rows, rejects } = await run(name, '2001-01-01')
    const expected = await sourceDigest({ since: '2001-01-01', until: '2001-01-02' })
    assert.deepEqual({ rows, rejects }, { rows: expected.rows, rejects: 0 })
    await bed.database.query(`ALTER TABLE ${tableOf(name)} RENAME COLUMN date TO departed_at`)
    assert.deepEqual(await tableDigest(bed.database, tableOf(name)), expected)
  })

  it('loads CSV, every digit as it is in the file', async () => {
    const source = 'source: { kind: http, url: "${SAMPLE_SOURCE_URL}/airports.csv", format: csv }\n'
    const name = await draft('drafted', source)
    const { rows, rejects } = await run(name, '2001')
    assert.deepEqual({ rows, rejects }, { rows: 3376, rejects: 0 })
    const loaded = await bed.database.query(
      `SELECT iata, name, city, state, country, trim_scale(latitude)::text AS latitude,
              trim_scale(longitude)::text AS longitude
         FROM ${tableOf(name)} ORDER BY iata COLLATE "C"`,
    )
    assert.deepEqual(loaded, await sourceAirports())
  })

  it('says what was seen, page by page as far as it was asked to look', async () => {
    const name = uniqueName('looked-at')
    await writeFile(join(bed.pipelines, `${name}.yaml`), `name: ${name}\n${flights}`)
    const options = ['--partition', '2001-01-01', '--pages', '3', '--json']
    const looked = await bed.cli(['pipelines', 'infer', name, ...options])
    assert.equal(looked.exitCode, 0)
    assert.match(looked.stderr, /^# seen: 1,500 records on 3 pages; the source has more/)
    const [id] = jsonLines(looked)
    assert.deepEqual(id, {
      type: 'column',
      name: 'id',
      from: 'id',
      columnType: 'bigint',
      key: true,
      seen: { integer: 1500 },
    })
  })

  it('is asked for a partition where the source wants an interval, and fails where it has nothing', async () => {
    const name = uniqueName('looked-at')
    await writeFile(join(bed.pipelines, `${name}.yaml`), `name: ${name}\n${flights}`)
    const unasked = await bed.cli(['pipelines', 'infer', name])
    assert.equal(unasked.exitCode, 2)
    assert.match(unasked.stderr, /PARTITION_INVALID/)
    const nothing = await bed.cli(['pipelines', 'infer', name, '--partition', '1999'])
    assert.equal(nothing.exitCode, 1)
    assert.match(nothing.stderr, /RECORDS_MISSING/)
    assert.equal(nothing.stdout, '')
  })
})
