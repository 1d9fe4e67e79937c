import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { literal } from '../../../activities/conversion/sql-text.ts'
import { cutParquet } from '../../../activities/landing/land-parquet.ts'
import { ParquetReader } from '../../support/parquet-witness.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import {
  assertSameRows,
  convertParquet,
  fixturePath,
  parquetFixture,
} from '../../unit/activities/convert-parquet.ts'

const { signal } = new AbortController()

describe('cutParquet', () => {
  const bed = useDuckDb()

  async function cut(path: string, batchBytes: number) {
    const folder = await mkdtemp(join(bed.folder, 'cut-'))
    const pieces: { body: Buffer; records: number; path: string }[] = []
    for await (const piece of cutParquet(bed.duckDb, { path, folder, batchBytes, signal })) {
      pieces.push({ ...piece, body: await readFile(piece.path) })
    }
    assert.deepEqual(await readdir(folder), [], 'nothing is left behind')
    return pieces
  }

  /** 8,192 rows of what DuckDB might change when it writes it again. */
  async function writeRows(name: string, options: string): Promise<string> {
    const path = join(bed.folder, name)
    await bed.duckDb.withConnection(signal, (connection) =>
      connection.run(
        `COPY (SELECT i AS id, i * 461168601842738 AS "Id", 18446744073709551615::UBIGINT - i::UBIGINT AS u64,
           (i - 999999999999999999999999999999999999.37::DECIMAL(38, 2))::DECIMAL(38, 2) AS amount,
           make_timestamp_ns(i::BIGINT * 123456789) AS ns, make_timestamp(i::BIGINT) AT TIME ZONE 'UTC' AS utc,
           unhex(lpad(hex(i), 8, '0')) AS bytes, uuid() AS uuid, MAP {'k' || i: i} AS map,
           CASE i % 4 WHEN 0 THEN [] WHEN 1 THEN [NULL, {'a': i}] WHEN 2 THEN NULL ELSE [{'a': NULL}] END AS list,
           (i / 7)::FLOAT AS float, repeat(md5(i::VARCHAR), 3) AS text
         FROM range(8192) t(i)) TO ${literal(path)} (FORMAT parquet, ${options})`,
      ),
    )
    return path
  }

  const declared = {
    id: 'bigint',
    Id: 'bigint',
    u64: 'text',
    amount: 'text',
    ns: 'text',
    utc: 'text',
    bytes: 'bytea',
    uuid: 'uuid',
    map: 'json',
    list: 'json',
    float: 'text',
    text: 'text',
  }

  test('leaves a small file as it is', async () => {
    const path = join(bed.folder, 'small.parquet')
    const body = await parquetFixture('decimals.parquet')
    await writeFile(path, body)
    assert.deepEqual(await cut(path, body.length), [{ path, body, records: 7 }])
    await writeFile(path, await parquetFixture('zero_rows.parquet'))
    assert.deepEqual(
      (await cut(path, 1)).map(({ records }) => records),
      [0],
    )
  })

  for (const [name, options] of [
    ['groups.parquet', 'ROW_GROUP_SIZE 2048'],
    ['one-group.parquet', 'ROW_GROUP_SIZE 1000000'],
  ] as const) {
    test(`cuts ${name} along its rows, without a change of any value`, async () => {
      const path = await writeRows(name, options)
      const { size } = await stat(path)
      const batchBytes = Math.ceil(size / 4)
      const pieces = await cut(path, batchBytes)
      assert.ok(pieces.length >= 3 && pieces.length <= 9, `${pieces.length} pieces`)
      for (const { body } of pieces) assert.ok(body.length < batchBytes * 1.2)
      const whole = await convertParquet(bed, [await readFile(path)], declared)
      const converted = await convertParquet(
        bed,
        pieces.map(({ body }) => body),
        declared,
      )
      assert.equal(whole.rejectCount, 0)
      assertSameRows(converted.rows, whole.rows)
      assert.equal(
        pieces.reduce((sum, { records }) => sum + records, 0),
        8192,
      )
      await assertSameTypes(path, pieces[1]?.body ?? Buffer.alloc(0))
    })
  }

  /** To a reader that is not DuckDB. */
  async function assertSameTypes(path: string, piece: Buffer): Promise<void> {
    const schemaOf = async (file: Buffer) => {
      const reader = await ParquetReader.openBuffer(file)
      const elements = reader.metadata?.schema ?? []
      await reader.close()
      return elements.map(({ name, converted_type: converted }) => [name, converted])
    }
    assert.deepEqual(await schemaOf(piece), await schemaOf(await readFile(path)))
    const reader = await ParquetReader.openBuffer(piece)
    const row: unknown = await reader.getCursor().next()
    assert.ok(typeof row === 'object' && row !== null && 'id' in row)
    assert.equal(typeof row.id, 'bigint')
    await reader.close()
  }

  test('skips empty row groups, and says how many rows there are', async () => {
    const path = join(bed.folder, 'between.parquet')
    await writeFile(path, await parquetFixture('empty_row_group_between.parquet'))
    const pieces = await cut(path, 1)
    assert.deepEqual(
      pieces.map(({ records }) => records),
      [1, 1],
    )
    const { rows } = await convertParquet(
      bed,
      pieces.map(({ body }) => body),
      { id: 'bigint', name: 'text', amt: 'numeric(12, 2)' },
    )
    assert.deepEqual(rows, [
      ['1', 'a', '1.00'],
      ['2', 'b', '2.00'],
    ])
  })

  test('cuts a row group of old timestamps, to the nanosecond', async () => {
    const path = fixturePath('int96_group.parquet')
    const pieces = await cut(path, 10_000)
    assert.ok(pieces.length > 1, `${pieces.length} pieces`)
    const columns = { id: 'integer', at: 'text' }
    const whole = await convertParquet(bed, [await readFile(path)], columns)
    const converted = await convertParquet(
      bed,
      pieces.map(({ body }) => body),
      columns,
    )
    assert.equal(whole.rows[1]?.[1], '2024-02-29 00:00:01.234575810')
    assertSameRows(converted.rows, whole.rows)
  })

  test('refuses what is no Parquet file', async () => {
    const path = join(bed.folder, 'none.parquet')
    await writeFile(path, 'a,b\n1,2\n')
    await assert.rejects(cut(path, 1), { code: 'SOURCE_MALFORMED' })
  })
})
