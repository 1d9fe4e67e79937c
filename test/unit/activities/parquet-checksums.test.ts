import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkPages } from '../../../activities/parquet/check-pages.ts'
import {
  chunkField,
  columnSpan,
  fileField,
  groupField,
  readParquetFooter,
} from '../../../activities/parquet/parquet-footer.ts'
import { ThriftStruct } from '../../../activities/parquet/thrift.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { parquetFixture } from './convert-parquet.ts'
import { ItemBed } from './item-bed.ts'

const damage = { code: 'SOURCE_MALFORMED', message: /a page of it is not what its checksum says/ }

/** Holds the pages of a file against their checksums; returns how many bytes were looked at. */
async function check(file: Buffer): Promise<number> {
  let readBytes = 0
  const read = async (start: number, end: number): Promise<Buffer> => {
    readBytes += end - start
    return file.subarray(start, end)
  }
  const footer = await readParquetFooter(file.length, async (start, end) =>
    file.subarray(start, end),
  )
  await checkPages(footer, read)
  return readBytes
}

/** Where the columns of row groups stand. */
async function chunksOf(file: Buffer): Promise<{ start: number; end: number }[]> {
  const { metadata } = await readParquetFooter(file.length, async (start, end) =>
    file.subarray(start, end),
  )
  const columns = metadata
    .structs(fileField.rowGroups)
    .flatMap((group) => group.structs(groupField.columns))
  return columns.map((chunk) => columnSpan(chunk.struct(chunkField.metadata) ?? new ThriftStruct()))
}

const changed = (file: Buffer, at: number): Buffer => {
  const damaged = Buffer.from(file)
  damaged.writeUInt8((damaged[at] ?? 0) ^ 0x10, at)
  return damaged
}

describe('the pages of a Parquet file', () => {
  const bed = useDuckDb()

  for (const version of ['1', '2']) {
    test(`are what their checksums say, in version ${version}`, async () => {
      const file = await parquetFixture(`checksums_${version}.parquet`)
      await check(file)
      const chunks = await chunksOf(file)
      assert.equal(chunks.length, 4)
      for (const { start, end } of chunks) {
        let unnoticed = 0
        for (let at = start; at < end; at += 1) {
          await check(changed(file, at)).then(
            () => (unnoticed += 1),
            (error: unknown) => assert.ok(error instanceof PipelineError, String(error)),
          )
        }
        // Of the beginnings of pages only what says where these end is noticed.
        assert.ok(unnoticed < (end - start) / 3, `${unnoticed} of ${end - start}`)
        await assert.rejects(check(changed(file, end - 1)), damage)
      }
    })
  }

  test('of a damaged file are not landed', async () => {
    const file = await parquetFixture('checksums_1.parquet')
    const chunks = await chunksOf(file)
    for (const batchBytes of [1_000_000, 1000]) {
      const items = new ItemBed({ format: 'parquet', limits: { batchBytes } })
      items.ports = { ...items.ports, duckDb: bed.duckDb }
      items.add('a.parquet', file)
      items.add('b.parquet', changed(file, (chunks.at(-1)?.end ?? 0) - 1))
      await items.begin()
      await items.land(0)
      await assert.rejects(items.land(1), { ...damage, retryable: false })
    }
  })

  test('are read only where they have any', async () => {
    for (const name of ['kinds', 'int96_group', 'nested_nulls', 'empty_row_group_between']) {
      const file = await parquetFixture(`${name}.parquet`)
      await check(file)
    }
    const large = await parquetFixture('int96_group.parquet')
    assert.ok((await check(large)) < large.length / 4)
  })

  test('that do not begin as pages do are damaged', async () => {
    const file = await parquetFixture('checksums_1.parquet')
    const damaged = Buffer.from(file).fill(0xff, 4, 40)
    await assert.rejects(check(damaged), { code: 'SOURCE_MALFORMED', message: /is damaged/ })
  })
})
