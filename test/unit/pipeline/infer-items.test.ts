import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { TextFormat } from '../../../activities/index.ts'
import { columnTypeText } from '../../../src/pipeline/infer/column-type-text.ts'
import { draftColumns } from '../../../src/pipeline/infer/draft-columns.ts'
import { seeSource } from '../../../src/pipeline/infer/see-source.ts'
import { createSources, type Sources } from '../../../src/sources/create-sources.ts'
import { files, slice } from '../sources/files/read-files.ts'

const batchBytes = 1024 * 1024

describe('what is seen of files', () => {
  let folder: string
  let sources: Sources
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-infer-items-'))
    sources = createSources({
      environment: {},
      directories: [folder],
      stateDirectory: '.claimcheck',
      modules: [],
    })
  })
  after(async () => {
    await sources.close()
    await rm(folder, { recursive: true })
  })

  const write = (name: string, lines: readonly string[]) =>
    writeFile(join(folder, name), lines.map((line) => `${line}\n`).join(''))

  async function look(
    path: string,
    format: TextFormat,
    { pages = 100, pageBytes = 40, records = [] as readonly string[] } = {},
  ) {
    const source = files(join(folder, path), { format, records })
    const limits = { batchBytes, pageBytes, batchesInFlight: 1, attempts: 1 }
    const seen = await seeSource(
      { ...sources, openDuckDb: () => Promise.reject(new Error('no Parquet')) },
      { source, limits },
      { slice, pages },
    )
    const columns = draftColumns(seen.sightings).map((column) =>
      column.kind === 'skipped' ? 'skipped' : `${column.name} ${columnTypeText(column.type)}`,
    )
    const { records: count, malformed } = seen.sightings
    return { columns, records: count, malformed, pages: seen.pages, hasMore: seen.hasMore }
  }

  it('is every record of NDJSON, whatever pages it is cut into', async () => {
    const lines = Array.from({ length: 10 }, (_, id) => `{"id":${id},"late":null}`)
    // A page of nothing but what is set aside, behind sound ones.
    await write('a.ndjson', [...lines, 'x'.repeat(39), '{"id":10,"late":true}'])
    const whole = { columns: ['id bigint', 'late boolean'], records: 11, malformed: 1 }
    assert.deepEqual(await look('a.ndjson', 'ndjson'), { ...whole, pages: 12, hasMore: false })
    const once = await look('a.ndjson', 'ndjson', { pageBytes: batchBytes })
    assert.deepEqual(once, { ...whole, pages: 1, hasMore: false })
  })

  it('is CSV with its header on each page', async () => {
    await write('a.csv', ['zip,"a, b"', '00501,1.5', ...Array(6).fill('10001,"2""\n"'), '1,3'])
    const { pages, hasMore, ...seen } = await look('a.csv', 'csv')
    assert.deepEqual(seen, { columns: ['zip text', 'a, b text'], records: 8, malformed: 0 })
    assert.ok(pages > 2 && !hasMore)
  })

  it('is one file after the other, as far as pages are asked for', async () => {
    await write('1.json', ['{"rows":[{"a":1}]}'])
    await write('2.json', ['{"rows":[{"a":2.5,"b":"x"}]}'])
    const options = { records: ['rows'] }
    const all = await look('?.json', 'json', options)
    const columns = ['a numeric(8, 3)', 'b text']
    assert.deepEqual(all, { columns, records: 2, malformed: 0, pages: 2, hasMore: false })
    for (const pages of [1, 2]) {
      const { hasMore } = await look('?.json', 'json', { ...options, pages })
      assert.equal(hasMore, pages === 1)
    }
  })

  it('is nothing where there are no files, or empty ones', async () => {
    await write('empty.ndjson', [])
    const nothing = { columns: [], records: 0, malformed: 0, pages: 0, hasMore: false }
    assert.deepEqual(await look('none*', 'csv'), nothing)
    assert.deepEqual(await look('empty.ndjson', 'ndjson'), nothing)
  })

  it('fails with the place of a file that is none of the format', async () => {
    await write('bad.json', ['{"rows":'])
    await assert.rejects(look('bad.json', 'json', { records: ['rows'] }), {
      code: 'SOURCE_MALFORMED',
      message: /bad\.json/,
    })
  })
})
