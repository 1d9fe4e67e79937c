import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { getJson } from '../../activities/json-object.ts'
import { datasetManifest } from '../../activities/seal-dataset.ts'
import type { ObjectKey } from '../../codec/index.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { jsonLines } from '../support/run-cli.ts'
import { assertFailure } from './support/assert-failure.ts'
import { readRejects } from './support/read-rejects.ts'

const partition = '2001-01-01'
const parquet = new URL('../fixtures/parquet/', import.meta.url)

/** What another reader has found in a Parquet file, as texts. */
const expectedFile = z.object({
  rows: z.number(),
  data: z.array(z.tuple([z.string(), z.array(z.string().nullable())])),
})

describe('a load that takes what it is given', { concurrency: true }, () => {
  let bed: LoadBed
  let folder: string
  const incoming = uniqueName('incoming')

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-limits-'))
    bed = await openLoadBed()
    await bed.startWorker({
      CLAIMCHECK_SOURCE_DIRECTORIES: folder,
      CLAIMCHECK_SOURCE_BUCKETS: `lake,${bed.store.bucket}/${incoming}`,
    })
  })
  after(async () => {
    const keys: ObjectKey[] = []
    for await (const { key } of bed.store.list(`${incoming}/`)) keys.push(key)
    await bed.store.delete(keys)
    await bed?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function write(
    path: string,
    format: string,
    columns: Readonly<Record<string, unknown>>,
    {
      name = uniqueName('limits'),
      ...more
    }: Readonly<Record<string, unknown>> & { name?: string } = {},
  ): Promise<string> {
    await writePipeline(bed.pipelines, name, {
      name,
      source: { kind: 'file', path, format },
      columns: { id: { type: 'integer', key: true }, ...columns },
      limits: { attempts: 1 },
      target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
      ...more,
    })
    return name
  }

  const run = (name: string) => bed.cli(['run', name, '--partition', partition, '--wait'])

  it('says which declared fields no record had, and which it has left out, wherever it is looked up', async () => {
    // As many names as are told at most, and as a part's metadata has room for.
    const others = Object.fromEntries(Array.from({ length: 110 }, (_, at) => [`æ${100 + at}`, at]))
    const leftOut = ['town', ...Object.keys(others).slice(0, 99)]
    // Two files, each a batch: what one of them has is there.
    await writeFile(join(folder, 'renamed-1.ndjson'), '{"id":1,"town":"x","zip":null}\n')
    await writeFile(
      join(folder, 'renamed-2.ndjson'),
      `${JSON.stringify({ id: 2, town: 'y', at: { lat: 1 }, ...others })}\n`,
    )
    const path = `${folder}/renamed-*.ndjson`
    const columns = {
      city: 'text',
      zip: 'text',
      lat: { type: 'integer', from: '$.at.lat' },
      lon: { type: 'integer', from: '$.at.lon', default: '0' },
    }
    const name = await write(path, 'ndjson', columns)
    const { exitCode, stdout } = await run(name)
    assert.equal(exitCode, 0)
    assert.match(
      stdout,
      /2 inserted.*; in no record: city, \$\.at\.lon; left out: town, æ100, æ101, æ102, æ103 and 95 more\n$/,
    )

    const missing = ['city', '$.at.lon']
    const [load] = await bed.database.query(
      `SELECT l.dataset_id AS id, l.manifest_key AS key, l.missing_fields AS missing, s.last_missing_fields AS status
         FROM claimcheck.loads AS l JOIN claimcheck.pipeline_status AS s USING (pipeline) WHERE pipeline = $1`,
      [name],
    )
    assert.deepEqual([load?.['missing'], load?.['status']], [missing, missing])
    const manifest = await getJson(
      bed.store,
      String(load?.['key']) as ObjectKey,
      datasetManifest,
      {},
    )
    assert.deepEqual(manifest.missingFields, missing)
    assert.deepEqual(manifest.discardedFields, leftOut)
    for (const command of [
      ['runs', 'show', `etl/${name}/${partition}`],
      ['datasets', 'show', String(load?.['id'])],
      ['loads', 'show', String(load?.['id'])],
    ]) {
      const shown: unknown = parse((await bed.cli(command)).stdout)
      assert.deepEqual(valueNamed(shown, 'missingFields'), missing, command.join(' '))
      // The catalog has no place for it.
      const discarded = command[0] === 'loads' ? undefined : leftOut
      assert.deepEqual(valueNamed(shown, 'discardedFields'), discarded, command.join(' '))
    }

    // Corrected, it has nothing to say.
    await write(path, 'ndjson', { city: { type: 'text', from: 'town' }, zip: 'text' }, { name })
    const again = await bed.cli(['reprocess', name, '--partition', partition, '--wait', '--json'])
    const summary = jsonLines(again).at(-1)
    assert.equal(valueNamed(summary, 'missingFields'), undefined, again.stderr)
    assert.deepEqual(valueNamed(summary, 'discardedFields'), ['at', ...leftOut.slice(1)])
    assert.deepEqual(
      await bed.database.query(`SELECT id, city FROM ${tableOf(name)} ORDER BY id`),
      [
        { id: 1, city: 'x' },
        { id: 2, city: 'y' },
      ],
    )
  })

  it('sets aside JSON that PostgreSQL would refuse the whole COPY for', async () => {
    const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`
    const rows = [
      `1,"${nested(999)}",`,
      `2,"${nested(100_000)}",`,
      `3,,"${nested(100_000)}"`,
      `4,,"{""a"":""\\u0000""}"`,
      `5,,[1e99999]`,
      `6,"{""a"":""\\u0000""}","{""b"":[1]}"`,
    ]
    await writeFile(join(folder, 'deep.csv'), `id,j,b\n${rows.join('\n')}\n`)
    const columns = { j: 'json', b: 'jsonb' }
    const name = await write(`${folder}/deep.csv`, 'csv', columns, { on_reject: { max: 4 } })
    const { exitCode, stderr } = await run(name)
    assert.equal(exitCode, 0, stderr)
    assert.deepEqual(
      await bed.database.query(
        `SELECT id, length(j::text) AS j, b::text FROM ${tableOf(name)} ORDER BY id`,
      ),
      [
        { id: 1, j: 1998, b: null },
        { id: 6, j: 14, b: '{"b": [1]}' },
      ],
    )
    const reasons = (await readRejects(bed.store, name)).map(({ record, reason }) => [
      record,
      reason,
    ])
    const deep = 'the JSON is nested deeper than 1,000 levels'
    assert.deepEqual(reasons, [
      [1, `j: ${deep}`],
      [2, `b: ${deep}`],
      [3, 'b: a text in the JSON holds a NUL character'],
      [4, 'b: a number in the JSON is too long'],
    ])
  })

  it('brings each digit of Parquet to the table, whatever stands between', async () => {
    const files: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      decimals: {
        d38_2: 'numeric(38,2)',
        d29_2: 'numeric(29,2)',
        d18_18: 'numeric(18,18)',
        d9_2: 'numeric(9,2)',
      },
      int64_edges: { i64: 'bigint', u64: 'numeric(20,0)', u32: 'bigint' },
      empty_row_group_between: { name: 'text', amt: 'numeric(12,2)' },
      all_null: { nothing: 'text', ns: 'text', nd: 'numeric(10,2)' },
    }
    await Promise.all(
      Object.entries(files).map(async ([file, types]) => {
        const name = uniqueName('parquet')
        await writePipeline(bed.pipelines, name, {
          name,
          source: { kind: 'file', path: join(folder, `${file}.parquet`), format: 'parquet' },
          columns: types,
          target: { kind: 'postgres', table: tableOf(name), mode: 'append' },
        })
        await copyFile(new URL(`${file}.parquet`, parquet), join(folder, `${file}.parquet`))
        await (await bed.start(name, partition)).result()
        const expected = expectedFile.parse(
          JSON.parse(await readFile(new URL(`${file}.expected.json`, parquet), 'utf8')),
        )
        for (const [column, type] of Object.entries(types)) {
          const values = new Map(expected.data).get(column)
          const [found] = await bed.database.query(
            `SELECT (SELECT array_agg(${column}::text ORDER BY ${column}) FROM ${tableOf(name)}) AS loaded,
                    (SELECT array_agg(v::${type}::text ORDER BY v::${type}) FROM unnest($1::text[]) AS v) AS expected`,
            [values],
          )
          assert.ok(Array.isArray(found?.['loaded']), `${file} ${column}`)
          assert.deepEqual(found['loaded'], found['expected'], `${file} ${column}`)
          assert.equal(found['loaded'].length, expected.rows)
        }
      }),
    )
  })

  it('brings text as it stands between odd line ends, and under odd headers', async () => {
    const records = new URL('../fixtures/records/', import.meta.url)
    await copyFile(new URL('separators.ndjson', records), join(folder, 'separators.ndjson'))
    await copyFile(new URL('bom_dup_headers.csv', records), join(folder, 'headers.csv'))
    const lines = await write(join(folder, 'separators.ndjson'), 'ndjson', { t: 'text' })
    // The header has a name twice, and one column without any.
    const names = ['column_3', 'c_1', 'column_5', 'column_6']
    const columns = Object.fromEntries(
      names.map((from, index) => [`v${index}`, { type: 'integer', from, key: index === 0 }]),
    )
    const header = await write(join(folder, 'headers.csv'), 'csv', {}, { columns })
    await (await bed.start(header, partition)).result()
    assert.deepEqual(await bed.database.query(`SELECT * FROM ${tableOf(header)}`), [
      { v0: 3, v1: 4, v2: 5, v3: 6 },
    ])
    await (await bed.start(lines, partition)).result()
    assert.deepEqual(
      (await bed.database.query(`SELECT t FROM ${tableOf(lines)} ORDER BY id`)).map(({ t }) => t),
      [
        'bom first',
        'crlf',
        'ls\u2028 ps\u2029 nel\u0085 vt\v',
        'lone cr \r escaped',
        '中文 boundary',
        'no trailing newline',
      ],
    )
  })

  it('reads of its own store what the operator lists, and nothing that it keeps for itself', async () => {
    const { bucket } = bed.store
    const put = (key: string) =>
      bed.store.put(`${incoming}/${key}` as ObjectKey, Buffer.from('{"id":1}\n'), {
        contentType: 'application/x-ndjson',
      })
    await put('a.ndjson')
    const name = await write(`s3://${bucket}/${incoming}/*.ndjson`, 'ndjson', {})
    assert.equal((await run(name)).exitCode, 0)
    for (const path of [`${bucket}/datasets/${name}/**`, 'private/a.ndjson']) {
      const other = await write(`s3://${path}`, 'ndjson', {})
      const failure = assertFailure(
        await bed.cli(['run', other, '--partition', partition, '--wait', '--json']),
        { code: 'SOURCE_PATH_REFUSED', exitCode: 1 },
      )
      assert.match(failure.message, /out of the buckets that may be read/)
    }
  })
})

/** The first member of that name, wherever it stands. */
function valueNamed(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  const own: unknown = Reflect.get(value, name)
  if (own !== undefined) return own
  return Object.values(value)
    .map((inner) => valueNamed(inner, name))
    .find((inner) => inner !== undefined)
}
