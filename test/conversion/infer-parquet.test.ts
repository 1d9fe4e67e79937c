import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DuckDb } from '../../activities/index.ts'
import { columnTypeText } from '../../src/pipeline/infer/column-type-text.ts'
import { draftColumns } from '../../src/pipeline/infer/draft-columns.ts'
import { seeSource } from '../../src/pipeline/infer/see-source.ts'
import { createSources, type Sources } from '../../src/sources/create-sources.ts'
import { convertIntoFolder } from '../support/convert-into-folder.ts'
import { files, slice } from '../unit/sources/files/read-files.ts'

const fixtures = fileURLToPath(new URL('../fixtures/parquet', import.meta.url))

describe('what is drafted for Parquet files', () => {
  let sources: Sources
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-infer-parquet-'))
    sources = createSources({
      environment: {},
      directories: [fixtures],
      stateDirectory: '.claimcheck',
      modules: [],
    })
  })
  after(async () => {
    await sources.close()
    await rm(folder, { recursive: true })
  })

  const openDuckDb = () => DuckDb.open({ spillDirectory: join(folder, 'spill') })

  async function draft(name: string) {
    const source = files(join(fixtures, name), { format: 'parquet' })
    const limits = { batchBytes: 2 ** 20, pageBytes: 2 ** 20, batchesInFlight: 1, attempts: 1 }
    const seen = await seeSource(
      { ...sources, openDuckDb },
      { source, limits },
      { slice, pages: 5 },
    )
    return { ...seen, columns: draftColumns(seen.sightings) }
  }

  async function typesOf(name: string) {
    const { columns } = await draft(name)
    return Object.fromEntries(
      columns.map((column) => [
        column.from,
        column.kind === 'skipped' ? 'skipped' : columnTypeText(column.type),
      ]),
    )
  }

  it('is of the types that the values have', async () => {
    assert.deepEqual(await typesOf('decimals.parquet'), {
      id: 'bigint',
      d38_2: 'numeric(38, 2)',
      d29_2: 'numeric(35, 4)',
      d18_18: 'numeric(25, 20)',
      d9_2: 'numeric(15, 4)',
    })
    assert.deepEqual(await typesOf('timestamps.parquet'), {
      ts_us_utc: 'timestamptz',
      ts_us_local: 'timestamp',
      // It has nanoseconds, which a timestamptz would round.
      ts_ns_utc: 'text',
      ts_ms_ny: 'timestamptz',
      date32: 'date',
      time_us: 'time',
    })
    assert.deepEqual(await typesOf('int64_edges.parquet'), {
      i64: 'bigint',
      u64: 'numeric(20, 0)',
      u32: 'bigint',
    })
    assert.deepEqual(await typesOf('not_utf8.parquet'), {
      id: 'bigint',
      text: 'bytea',
      list: 'jsonb',
    })
    const { uuid, bytes, old_text, fixed, boolean, member, Id, id } = await typesOf('kinds.parquet')
    assert.deepEqual(
      [uuid, bytes, old_text, fixed, boolean, member, Id, id],
      ['uuid', 'bytea', 'text', 'bytea', 'boolean', 'jsonb', 'bigint', 'bigint'],
    )
  })

  it('takes every record that was seen', async () => {
    const duckDb = await openDuckDb()
    try {
      for (const name of [
        'kinds',
        'decimals',
        'timestamps',
        'int64_edges',
        'floats',
        'nested_nulls',
        'int96',
        'all_null',
        'drift_1',
      ]) {
        const { columns, sightings } = await draft(`${name}.parquet`)
        const declared = columns.flatMap((column) =>
          column.kind === 'skipped'
            ? []
            : [{ name: column.name, from: column.from, type: column.type, key: false }],
        )
        const body = await readFile(join(fixtures, `${name}.parquet`))
        const place = await mkdtemp(join(folder, 'converted-'))
        const { rowCount, rejectCount } = await convertIntoFolder(
          duckDb,
          'parquet',
          declared,
          [body],
          place,
        )
        assert.deepEqual([name, rowCount, rejectCount], [name, sightings.records, 0])
      }
    } finally {
      duckDb.close()
    }
  })
})
