import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { CodedError, MemoryObjectStore, type ObjectKey } from '../../../../codec/index.ts'
import { headParquet } from '../../../../src/inspect/blobs/head-parquet.ts'
import { randomNumbers } from '../../../e2e/support/random-numbers.ts'
import { useDuckDb } from '../../../support/use-duck-db.ts'

const key = 'datasets/p/2001/0b6c1a52-3f5e-4c5e-8f0e-1d2a3b4c5d6e/part-00000.parquet' as ObjectKey
const { signal } = new AbortController()
const groupRows = 2048

describe('headParquet', () => {
  const bed = useDuckDb()
  let file: Buffer

  before(async () => {
    const path = join(bed.folder, 'part.parquet')
    await bed.duckDb.withConnection(signal, (connection) =>
      connection.run(
        `COPY (SELECT i AS id, md5(i::VARCHAR) AS "a ""name""", (i || '.10')::DECIMAL(38, 20) AS exact,
          TIMESTAMPTZ '2001-01-01 00:00:00.000001+00' AS at, '\\x00\\xff'::BLOB AS bytes,
          CASE WHEN i % 2 = 0 THEN [i, NULL] END AS list FROM range(10000) AS t(i))
         TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows})`,
      ),
    )
    file = await readFile(path)
  })

  /** Of what was asked for, in the newest call. */
  let askedBytes = 0

  async function headOf(bytes: Uint8Array, rows: number) {
    const store = new MemoryObjectStore()
    const getStream = store.getStream.bind(store)
    askedBytes = 0
    store.getStream = (from, options) => {
      const { startBytes = 0, endBytes = bytes.length } = options ?? {}
      askedBytes += endBytes - startBytes
      return getStream(from, options)
    }
    await store.put(key, bytes, { contentType: 'x' })
    const place = { store, namespace: 'n', encryption: undefined, signal }
    return headParquet(place, key, rows)
  }

  it('gives names, types and exact values', async () => {
    assert.deepEqual(await headOf(file, 2), {
      columns: [
        { name: 'id', type: 'BIGINT' },
        { name: 'a "name"', type: 'VARCHAR' },
        { name: 'exact', type: 'DECIMAL(38,20)' },
        { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
        { name: 'bytes', type: 'BLOB' },
        { name: 'list', type: 'BIGINT[]' },
      ],
      rows: [
        [
          '0',
          'cfcd208495d565ef66e7dff9f98764da',
          '0.10000000000000000000',
          '2001-01-01 00:00:00.000001+00',
          '\\x00\\xFF',
          '[0, NULL]',
        ],
        [
          '1',
          'c4ca4238a0b923820dcc509a6f75849b',
          '1.10000000000000000000',
          '2001-01-01 00:00:00.000001+00',
          '\\x00\\xFF',
          null,
        ],
      ],
      rowCount: 10_000,
    })
  })

  it('reads the footer and the row groups that the rows are in, and nothing else', async () => {
    const middle = Buffer.from(file)
    // From behind the first group, which holds a fifth of the rows, up to the footer.
    middle.fill(0, Math.ceil(file.length * 0.3), Math.ceil(file.length * 0.9))
    const { rows } = await headOf(middle, groupRows)
    assert.deepEqual([rows.length, rows.at(-1)?.[0]], [groupRows, String(groupRows - 1)])
    const tailBytes = 64 * 1024
    assert.ok(askedBytes < file.length * 0.3 + tailBytes, `${askedBytes} of ${file.length} bytes`)
    await assert.rejects(headOf(middle, groupRows + 1), { code: 'OBJECT_DAMAGED' })
    const all = await headOf(file, 9000)
    assert.deepEqual([all.rows.length, all.rows.at(-1)?.[0]], [9000, '8999'])
  })

  it('says with a code what cannot be read, wherever a bit has flipped', async () => {
    const random = randomNumbers(7)
    const footerStart = file.length - 8 - file.readUInt32LE(file.length - 8)
    for (let round = 0; round < 15; round += 1) {
      const flipped = Buffer.from(file)
      const start = round % 3 === 0 ? 0 : footerStart
      const at = start + Math.floor(random() * (file.length - start))
      flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8))
      try {
        await headOf(flipped, 10)
      } catch (error) {
        assert.ok(
          error instanceof CodedError,
          `byte ${at - footerStart} of the footer: ${String(error)}`,
        )
      }
    }
  })

  it('shows files without rows or row groups, and refuses what is none', async () => {
    for (const name of ['zero_rows', 'no_row_groups', 'empty_row_group_between', 'decimals']) {
      const { columns, rows, rowCount } = await headOf(
        await readFile(`test/fixtures/parquet/${name}.parquet`),
        1000,
      )
      assert.equal(rows.length, rowCount, name)
      assert.ok(columns.length > 0, name)
    }
    await assert.rejects(headOf(file.subarray(0, -1), 1), { code: 'SOURCE_MALFORMED' })
  })
})
