import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { literal } from '../../../activities/conversion/sql-text.ts'
import { ParquetReader } from '../../support/parquet-witness.ts'
import { readByPyarrow } from '../../support/pyarrow-witness.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { assertSameRows, convertParquet } from './convert-parquet.ts'

/** Types of the pipeline, and what a source has for them. */
const columns = {
  id: ['bigint', '(hash(i) // 2)::BIGINT'],
  small: ['smallint', 'CASE WHEN i % 7 > 0 THEN (i % 32767)::SMALLINT END'],
  amount: [
    'numeric(18, 4)',
    '((hash(i) % 100000000000000)::BIGINT - 50000000000000)::DECIMAL(18, 4)',
  ],
  wide: ['numeric(38, 3)', "('-' || hash(i) || '12345678901.987')::DECIMAL(38, 3)"],
  ratio: ['double', 'hash(i)::DOUBLE / 3e300'],
  flag: ['boolean', 'i % 3 = 0'],
  text: ['text', "CASE WHEN i % 5 > 0 THEN 'é😀' || hash(i) END"],
  day: ['date', "DATE '0001-01-01' + (i * 1000)::INTEGER"],
  local: ['timestamp', 'make_timestamp((hash(i) % 253402300800000000)::BIGINT)'],
  moment: ['timestamptz', "make_timestamp(-i * 86400999999) AT TIME ZONE 'UTC'"],
  key: ['uuid', 'md5(i::VARCHAR)::UUID'],
  bytes: ['bytea', "unhex(md5(i::VARCHAR) || '00')"],
} as const

const rowCount = 3000

describe('to readers that are not DuckDB, a part', () => {
  const bed = useDuckDb()
  let source: string
  let part: string

  before(async () => {
    source = join(bed.folder, 'source.parquet')
    const selected = Object.entries(columns).map(([name, [, sql]]) => `${sql} AS ${name}`)
    await bed.duckDb.withConnection(AbortSignal.timeout(60_000), (connection) =>
      connection.run(
        `COPY (SELECT ${selected.join(', ')} FROM range(${rowCount}) t(i))
         TO ${literal(source)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
      ),
    )
    const types = Object.entries(columns).map(([name, [type]]) => [name, type])
    const made = await convertParquet(bed, [await readFile(source)], Object.fromEntries(types))
    assert.deepEqual([made.convertedCount, made.firstReject], [rowCount, undefined])
    part = made.partPath
  })

  test('has what the source has: parquetjs', async () => {
    const [expected, found] = [await readRows(source), await readRows(part)]
    assert.equal(expected.length, rowCount)
    assertSameRows(found, expected)
  })

  test('has what the source has: pyarrow', (context) => {
    const read = readByPyarrow(context, [source, part])
    if (read === undefined) return
    const [expected, found] = read
    assert.ok(found === expected, 'pyarrow reads other rows')
  })
})

async function readRows(path: string): Promise<unknown[]> {
  const reader = await ParquetReader.openFile(path)
  const cursor = reader.getCursor()
  const rows: unknown[] = []
  for (;;) {
    const row: unknown = await cursor.next()
    if (row === null) break
    rows.push(row)
  }
  await reader.close()
  return rows
}
