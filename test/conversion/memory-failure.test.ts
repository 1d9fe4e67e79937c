import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { DuckDb } from '../../activities/conversion/duck-db.ts'
import { memoryFailure } from '../../activities/conversion/memory-failure.ts'
import { readPart } from '../../activities/conversion/read-part.ts'
import { literal } from '../../activities/conversion/sql-text.ts'
import { useDuckDb } from '../support/use-duck-db.ts'
import { columnsOf, convertBodies } from '../unit/activities/convert-bodies.ts'

const columns = columnsOf({ id: 'integer', t: 'text' })
const { signal } = new AbortController()

describe('what does not fit in memory', () => {
  const bed = useDuckDb()

  async function withLittleMemory<T>(use: (duckDb: DuckDb) => Promise<T>): Promise<T> {
    const spillDirectory = join(bed.folder, 'little-memory')
    const duckDb = await DuckDb.open({ spillDirectory, memoryLimit: '48MiB' })
    try {
      return await use(duckDb)
    } finally {
      duckDb.close()
    }
  }

  const remedy = /limits\.batch_bytes/

  test('is a batch of a record that is too long for it', async () => {
    const body = `${JSON.stringify({ id: 1, t: 'x'.repeat(40 * 2 ** 20) })}\n`
    await withLittleMemory((duckDb) =>
      assert.rejects(convertBodies(duckDb, 'ndjson', columns, [body]), {
        code: 'CONVERSION_FAILED',
        message: /^the batch does not fit in 48 MiB of memory$/,
        retryable: true,
        remedy,
      }),
    )
  })

  test('is a part whose row group is too wide', async () => {
    const path = join(bed.folder, 'wide.parquet')
    await bed.duckDb.withConnection(signal, (connection) =>
      connection.run(
        `COPY (SELECT i::INTEGER AS id, repeat(md5(i::VARCHAR), 4000) AS t FROM range(1000) r(i))
         TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
      ),
    )
    await withLittleMemory((duckDb) =>
      duckDb.withConnection(signal, (connection) =>
        assert.rejects(Array.fromAsync(readPart(connection, path, columns)), {
          code: 'CONVERSION_FAILED',
          message: /^a row group of the part does not fit in 48 MiB of memory$/,
          retryable: true,
          remedy,
        }),
      ),
    )
  })

  test('is told from a full temporary folder, and from other errors', () => {
    const full = new Error(
      `Out of Memory Error: failed to offload data block of size 256.0 KiB (1.0 GiB/1.0 GiB used).\nThis limit was set by the 'max_temp_directory_size' setting.`,
    )
    const bare = new Error('Out of Memory Error: Allocation failure')
    const messages = [full, bare].map((error) => String(memoryFailure(error, 'the batch')))
    assert.match(messages[0] ?? '', /the batch does not fit in the temporary folder$/)
    assert.match(messages[1] ?? '', /the batch does not fit in memory$/)
    const other = new Error('IO Error: no such file')
    assert.equal(memoryFailure(other, 'the batch'), other)
  })
})
