import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { queryTexts } from '../../../../activities/conversion/query-texts.ts'
import { writeHiveFiles } from '../../../../src/targets/parquet/write-hive-files.ts'
import { useDuckDb } from '../../../support/use-duck-db.ts'
import { column } from '../../../targets/support/column.ts'

const bed = useDuckDb()

test('rows keep their order in each directory, whatever their columns are called', async () => {
  const folder = await mkdtemp(join(bed.folder, 'hive-'))
  const path = join(folder, 'part.parquet')
  const columns = ['file_row_number', 'position', 'rowid', 'c0', 'shop'].map((name) =>
    column(name, name === 'shop' ? 'text' : 'bigint'),
  )
  const rowCount = 150_000
  await bed.duckDb.withConnection(AbortSignal.timeout(60_000), async (connection) => {
    await connection.run(
      `COPY (SELECT 1 AS file_row_number, ${rowCount} - range AS position, 2 AS rowid, range AS c0,
               ['a', 'b', NULL][1 + range % 3] AS shop FROM range(${rowCount}))
         TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 10000)`,
    )
    const files = await writeHiveFiles(connection, {
      path,
      folder,
      columns,
      directories: columns.slice(4),
    })
    assert.deepEqual(
      files.map(({ directory, rowCount: rows }) => [directory, rows]),
      ['a', 'b', '__HIVE_DEFAULT_PARTITION__'].map((shop) => [`shop=${shop}/`, rowCount / 3]),
    )
    for (const [index, file] of files.entries()) {
      const [row] = await queryTexts(
        connection,
        `SELECT bool_and(c0 = ${index} + 3 * place), any_value(columns) FROM (
           SELECT c0, row_number() OVER () - 1 AS place, (SELECT string_agg(name, ',') FROM
             parquet_schema('${file.path}') WHERE type IS NOT NULL) AS columns FROM '${file.path}')`,
      )
      assert.deepEqual(row, ['true', 'file_row_number,position,rowid,c0'], file.directory)
    }
  })
})
