import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { ColumnDefinition, ColumnType } from '../../../activities/index.ts'
import { parseColumnType } from '../../../src/pipeline/column-type.ts'
import { readByPyarrow } from '../../support/pyarrow-witness.ts'
import { column } from '../support/column.ts'
import { ids, useParquetBed } from './parquet-bed.ts'

/** Values of each type, as DuckDB writes them; a row of NULLs comes with them. */
const samples: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ['(-32768)::SMALLINT', '7::SMALLINT'],
  integer: ['(-2147483648)::INTEGER', '7::INTEGER'],
  bigint: ['(-9223372036854775808)::BIGINT', '9007199254740993::BIGINT'],
  'numeric(4, 2)': ['(-12.34)::DECIMAL(4, 2)', '99.99::DECIMAL(4, 2)'],
  'numeric(38, 10)': [
    '(-9999999999999999999999999999.9999999999)::DECIMAL(38, 10)',
    '0.0000000001::DECIMAL(38, 10)',
  ],
  double: [`5e-324::DOUBLE`, `'nan'::DOUBLE`],
  boolean: ['true', 'false'],
  text: [`'é😀'`, `''`],
  date: [`DATE '0044-03-15 (BC)'`, `DATE '9999-12-31'`],
  time: [`TIME '24:00:00'`, `TIME '00:00:00.000001'`],
  timestamp: [`TIMESTAMP '9999-12-31 23:59:59.999999'`, `TIMESTAMP 'infinity'`],
  timestamptz: [`TIMESTAMPTZ '2001-02-03 04:05:06.123456+05:30'`, `TIMESTAMPTZ '-infinity'`],
  uuid: [
    `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID`,
    `'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID`,
  ],
  json: [`'{"a": 1.10}'`, `'null'`],
  jsonb: [`'[12345678901234567890.5]'`, `'"\\u00e9"'`],
  bytea: [`'\\x00\\xFF'::BLOB`, `''::BLOB`],
  'integer[]': ['[1, NULL, 3]::INTEGER[]', '[]::INTEGER[]'],
  'text[]': [`['a', '', NULL]::VARCHAR[]`, `['é']::VARCHAR[]`],
  'numeric(38, 2)[]': ['[0.01]::DECIMAL(38, 2)[]', '[NULL]::DECIMAL(38, 2)[]'],
}

const typed: readonly ColumnDefinition[] = [
  column('id', 'integer', 'key'),
  ...Object.keys(samples).map((type, index) => column(`v${index}`, columnType(type))),
  column('region', 'text'),
]

const typedRows = [0, 1, 2]
  .map((row) => {
    const values = Object.values(samples).map(
      ([first, second], index) => `${row === 0 ? first : row === 1 ? second : 'NULL'} AS v${index}`,
    )
    return `SELECT ${row}::INTEGER AS id, ${values.join(', ')}, ${row === 1 ? 'NULL' : `'r${row}'`} AS region`
  })
  .join(' UNION ALL ')

function columnType(text: string): ColumnType {
  const parsed = parseColumnType(text)
  if ('value' in parsed) return parsed.value
  throw new Error(parsed.problem)
}

const dataset = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string().nullable())),
})

describe('files of a Parquet target', () => {
  const bed = useParquetBed()

  test('are the parts as they are, byte for byte', async () => {
    const prefix = bed.newPrefix()
    const load = await bed.load(prefix, [typedRows], { columns: typed })
    await load.run(bed.target)
    const bucket = await bed.download(prefix)
    const own = `${bed.folder}/part-1.parquet`
    const key = `data/dataset_id=${load.datasetId}/part-00000.parquet`
    const [[sameBytes]] = (await bed.query(
      `SELECT count(DISTINCT content)::VARCHAR FROM read_blob(['${own}', '${bucket}${prefix}/${key}'])`,
    )) as [[string]]
    assert.equal(sameBytes, '1')
    const names = typed.map(({ name }) => name).join(', ')
    const difference = await bed.published(
      prefix,
      `SELECT count(*) FROM (SELECT ${names} FROM published EXCEPT ALL SELECT * FROM (${typedRows}))`,
    )
    assert.deepEqual(difference, [['0']])
  })

  test('keep every type and value where rows are sorted into directories', async (context) => {
    const prefix = bed.newPrefix()
    const target = { partitionBy: ['region'] }
    const load = await bed.load(prefix, [typedRows], { columns: typed, target })
    await load.run(bed.target)
    const data = `data/dataset_id=${load.datasetId}`
    const keys = (await bed.keys(prefix)).filter((key) => key.startsWith(data))
    assert.deepEqual(
      keys.map((key) => key.slice(data.length)),
      [
        '/region=__HIVE_DEFAULT_PARTITION__/part-00000.parquet',
        '/region=r0/part-00000.parquet',
        '/region=r2/part-00000.parquet',
      ],
    )
    const types = typed.map(({ name }) => `typeof(${name})`).join(` || ' ' || `)
    const values = typed.map(({ name }) => `${name}::VARCHAR`).join(', ')
    assert.deepEqual(
      await bed.published(prefix, `SELECT ${values}, ${types} FROM published ORDER BY id`),
      await bed.query(`SELECT ${values}, ${types} FROM (${typedRows}) ORDER BY id`),
    )
    const bucket = await bed.download(prefix)
    const kept = typed.filter(({ name }) => name !== 'region')
    const part = join(bed.folder, 'witness.parquet')
    await bed.query(
      `COPY (SELECT ${kept.map(({ name }) => name).join(', ')} FROM (${typedRows}) WHERE id = 0) TO '${part}' (FORMAT parquet)`,
    )
    const found = `${bucket}${prefix}/${keys[1] ?? ''}`
    const witness = readByPyarrow(context, [part, found])
    if (witness !== undefined) assert.equal(witness[1], witness[0])
  })

  test('stand in directories that DuckDB and pyarrow read back', async (context) => {
    const texts = [
      'DY',
      '007',
      'a b',
      'a+b',
      'a/b',
      '50%',
      '%41',
      'a=b',
      'ø😀',
      '{x}[y]',
      `"it's"`,
      'NULL',
      'null',
      'tab\there',
      '2001-01-01',
      'true',
      '.',
      '..',
    ]
    const prefix = bed.newPrefix()
    const columns = [
      column('id', 'bigint', 'key'),
      column('name', 'text'),
      column('day', 'date'),
      column('ok', 'boolean'),
      column('hour', 'smallint'),
    ]
    const rows = [...texts, undefined].map((text, index) => {
      const name = text === undefined ? 'NULL' : `'${text.replaceAll("'", "''")}'`
      const day = index === 1 ? 'NULL' : `'2026-11-23'`
      return `SELECT ${index}::BIGINT AS id, ${name} AS name, ${day}::DATE AS day, ${index % 2 === 0} AS ok, ${index}::SMALLINT AS hour`
    })
    const target = { partitionBy: ['name', 'day', 'ok', 'hour'] }
    const load = await bed.load(prefix, [rows.join(' UNION ALL ')], { columns, target })
    await load.run(bed.target)
    const expected = [...texts, undefined].map((text, index) => [
      String(index),
      text,
      index === 1 ? undefined : '2026-11-23',
      String(index % 2 === 0),
      String(index),
      load.datasetId,
    ])
    const select = `SELECT id, name, day::VARCHAR, ok::VARCHAR, hour::VARCHAR, dataset_id FROM published ORDER BY id`
    const kinds = `, hive_types = {name: VARCHAR, day: DATE, ok: BOOLEAN, hour: SMALLINT}`
    assert.deepEqual(await bed.published(prefix, select, kinds), expected)

    const python = pyarrow()
    if (python === undefined) {
      context.diagnostic('no pyarrow: PYARROW_PYTHON may name an interpreter that has it')
      return
    }
    const bucket = await bed.download(prefix)
    const types = {
      dataset_id: 'string',
      name: 'string',
      day: 'date32',
      ok: 'bool',
      hour: 'int16',
    }
    const script = fileURLToPath(new URL('../../fixtures/read_dataset.py', import.meta.url))
    const args = [script, `${bucket}${prefix}`, JSON.stringify(types)]
    const { stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' })
    assert.notEqual(stdout, '', stderr)
    const read = dataset.parse(JSON.parse(stdout))
    const order = ['id', 'name', 'day', 'ok', 'hour', 'dataset_id'].map((name) =>
      read.columns.indexOf(name),
    )
    const inOrder = read.rows
      .map((row) => order.map((index) => row[index] ?? undefined))
      .map(([id, name, day, ok, ...rest]) => [id, name, day, ok?.toLowerCase(), ...rest])
      .toSorted((left, right) => Number(left[0]) - Number(right[0]))
    assert.deepEqual(inOrder, expected)
  })

  test('are read by pattern where only published datasets count', async () => {
    const prefix = bed.newPrefix()
    for (const first of [0, 100]) {
      const load = await bed.load(prefix, [ids(first, 3)], { target: { partitionBy: ['carrier'] } })
      await load.run(bed.target)
    }
    const bucket = await bed.download(prefix)
    const place = `${bucket}${prefix}`
    const rows = await bed.query(
      `SELECT id FROM read_parquet('${place}/data/**/*.parquet', hive_partitioning = true)
       WHERE dataset_id IN (SELECT datasetId FROM read_json('${place}/_manifests/*.json', columns = {datasetId: 'VARCHAR'})) ORDER BY id`,
    )
    assert.deepEqual(rows, [['100'], ['101'], ['102']])
  })

  test('are not written for what cannot be a directory', async () => {
    const target = { partitionBy: ['carrier'] }
    const staged = async (sql: string): Promise<string[]> => {
      const prefix = bed.newPrefix()
      const load = await bed.load(prefix, [sql], { target })
      await assert.rejects(load.stage(bed.target), (error: Error) => {
        assert.equal('code' in error && error.code, 'TARGET_MISMATCH')
        assert.doesNotMatch(error.message, /secret/)
        return true
      })
      return bed.keys(prefix)
    }
    assert.deepEqual(await staged(ids(0, 1, '')), [])
    assert.deepEqual(await staged(ids(0, 1, '__HIVE_DEFAULT_PARTITION__')), [])
    assert.deepEqual(await staged(ids(0, 1, `secret${'x'.repeat(255)}`)), [])
    const many = `SELECT range::BIGINT AS id, 'secret' || range AS carrier FROM range(1001)`
    assert.deepEqual(await staged(many), [])
  })

  test('are counted: a part with other rows than it is known to have is refused', async () => {
    const prefix = bed.newPrefix()
    const load = await bed.load(prefix, [ids(0, 5)])
    const path = join(bed.folder, 'other.parquet')
    await bed.query(`COPY (${ids(0, 4)}) TO '${path}' (FORMAT parquet)`)
    const part = { ...load.request, partNumber: 0, rowCount: 5, path, chunks: noChunks() }
    await assert.rejects(bed.target.stagePart(part), { code: 'ROWS_LOST' })
    assert.deepEqual(await bed.keys(prefix), [])
  })
})

async function* noChunks(): AsyncGenerator<never> {}

function pyarrow(): string | undefined {
  const own = fileURLToPath(new URL('../../../.claimcheck/python/bin/python', import.meta.url))
  const python = process.env['PYARROW_PYTHON'] ?? (existsSync(own) ? own : 'python3')
  return spawnSync(python, ['-c', 'import pyarrow']).status === 0 ? python : undefined
}
