import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { z } from 'zod'
import { digestOf, type ObjectKey } from '../../codec/index.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { jsonLines } from '../support/run-cli.ts'
import { assertFailure } from './support/assert-failure.ts'

const partition = '2001-01-05'
/** The first part of the second file. */
const secondFile = 8192

const rowLine = z.strictObject({
  type: z.literal('row'),
  key: z.record(z.string(), z.string().nullable()),
  datasetId: z.string(),
  partNumber: z.number(),
  partition: z.string(),
  publishedAt: z.string(),
  madeFrom: z.null(),
  madeBy: z.null(),
  part: z.strictObject({
    key: z.string(),
    sizeBytes: z.number(),
    sha256: z.string(),
    rowCount: z.number(),
    isStored: z.literal(true),
  }),
  landing: z.strictObject({
    prefix: z.string(),
    pages: z.array(z.string()),
    isWhole: z.literal(false),
  }),
})

describe('claimcheck lineage', () => {
  let bed: LoadBed
  let folder: string
  const name = uniqueName('traced')
  const path = (file: string) => join(folder, `${name}-${file}.ndjson`)
  const linesOf = (first: number, count: number, word: string) =>
    Array.from({ length: count }, (_, index) => `{"id":${first + index},"t":"${word}"}\n`).join('')
  const load = async () => (await bed.start(name, partition)).result()
  const lineage = (...words: string[]) => bed.cli(['lineage', name, ...words, '--json'])

  async function write(target: Readonly<Record<string, unknown>>): Promise<void> {
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'file', path: `${folder}/${name}-*.ndjson`, format: 'ndjson' },
      columns: { id: { type: 'bigint', key: true }, t: 'text' },
      limits: { attempts: 1 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge', ...target },
    })
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-lineage-'))
    bed = await openLoadBed()
    await bed.startWorker({ CLAIMCHECK_SOURCE_DIRECTORIES: folder })
    await write({ lineage: true })
    await writeFile(path('1'), linesOf(0, 3, 'first'))
    await writeFile(path('2'), linesOf(100, 25, 'second'))
  })
  after(async () => {
    await bed?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('leads from a row to the bytes that the source has sent, and from a part to its rows', async () => {
    const loaded = await load()
    const traced = await lineage('--where', 'id=103', '--where', 't=second')
    assert.equal(traced.exitCode, 0, traced.stderr)
    const [row, ...others] = jsonLines(traced).map((line) => rowLine.parse(line))
    assert.ok(row !== undefined)
    assert.deepEqual(others, [])
    const { key, datasetId, partNumber, part, landing } = row
    assert.deepEqual(
      [key, datasetId, partNumber, row.partition],
      [{ id: '103' }, loaded.datasetId, secondFile, partition],
    )
    const stored = await bed.store.get(part.key as ObjectKey)
    assert.deepEqual([part.sizeBytes, part.sha256], [stored.length, await digestOf(stored)])
    assert.equal(landing.pages.length, 1)
    const [page = ''] = landing.pages
    assert.ok(page.startsWith(landing.prefix), page)
    const sent = zstdDecompressSync(await bed.store.get(page as ObjectKey)).toString()
    assert.equal(sent, linesOf(100, 25, 'second'))

    // Other rows of the same part are written anew by another dataset.
    await writeFile(path('2'), linesOf(100, 2, 'third') + linesOf(102, 23, 'second'))
    const again = await load()
    assert.deepEqual([again.counts.rowsUpdated, again.counts.rowsUnchanged], [2, 26])
    const [blob, dataset, text, table] = await Promise.all([
      lineage('--blob', part.key),
      lineage('--blob', again.datasetId),
      bed.cli(['lineage', name, '--blob', `${loaded.datasetId}/${secondFile}`]),
      bed.cli(['lineage', name, '--where', 't=second']),
    ])
    const [about, ...rows] = jsonLines(blob)
    const counted = z.object({ type: z.string(), rows: z.number() })
    assert.deepEqual(counted.parse(about), { type: 'part', rows: 23 })
    assert.deepEqual(
      rows.slice(0, 20),
      Array.from({ length: 20 }, (_, index) => ({
        type: 'row',
        key: { id: String(102 + index) },
        partNumber: secondFile,
      })),
    )
    assert.deepEqual(rows.slice(20), [{ type: 'more', rows: 3 }])
    const [whole, ...written] = jsonLines(dataset)
    assert.deepEqual(counted.parse(whole), { type: 'dataset', rows: 2 })
    assert.deepEqual(
      written,
      ['100', '101'].map((id) => ({ type: 'row', key: { id }, partNumber: secondFile })),
    )
    assert.equal(text.stdout.split('\n')[0], `id=102\t${secondFile}`)
    assert.match(
      text.stderr,
      /^23 of 25 rows stand as part 8192 of dataset .*\nand 3 more rows\n$/s,
    )
    const cells = table.stdout.split('\n')[0]?.split('\t') ?? []
    assert.deepEqual(
      [cells[0], cells[1], cells[4], cells.at(-1)],
      ['id=102', loaded.datasetId, part.key, page],
    )
    assert.equal(table.stderr, 'and 3 more rows\n')

    await Promise.all(
      (
        [
          [['--blob', page], 'BLOB_NOT_PART', 2],
          [['--where', 'ident=1'], 'COLUMN_NOT_FOUND', 4],
          [['--where', 'id=one'], 'COLUMN_VALUE_INVALID', 2],
        ] as const
      ).map(async ([words, code, exitCode]) =>
        assertFailure(await lineage(...words), { code, exitCode }),
      ),
    )
  })

  it('says what it needs', async () => {
    const away = { CLAIMCHECK_DATABASE_URL: 'postgres://claimcheck@127.0.0.1:9/claimcheck' }
    const words = ['lineage', name, '--where', 'id=1', '--json']
    const [neither, noValue, unreachable] = await Promise.all([
      lineage(),
      lineage('--where', 'id'),
      bed.cli(words, away),
    ])
    for (const usage of [neither, noValue]) {
      assert.equal(usage.exitCode, 2)
      assert.match(usage.stderr, /^error: (give either --where or --blob|--where is column=value)/)
    }
    assertFailure(unreachable, { code: 'TARGET_UNREACHABLE', exitCode: 5 })

    await write({})
    const without = assertFailure(await lineage('--where', 'id=1'), {
      code: 'LINEAGE_MISSING',
      exitCode: 1,
    })
    assert.match(without.remedy, /lineage: true/)
  })
})
