import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { convertParquet, parquetFixture } from './convert-parquet.ts'

const columns = { text: 'text', decimals: 'json', us: 'text', uuid: 'uuid', category: 'text' }

describe('a Parquet file that is none', () => {
  const bed = useDuckDb()
  const convert = (file: Buffer) => convertParquet(bed, [file], columns)
  const refuses = (file: Buffer, message: RegExp) =>
    assert.rejects(convert(file), { code: 'SOURCE_MALFORMED', message })

  test('is refused, and told what it is instead', async () => {
    const whole = await parquetFixture('kinds.parquet')
    await refuses(Buffer.alloc(0), /the file is empty, not Parquet/)
    await refuses(Buffer.from('id,text\n1,one\n'), /the file is not Parquet/)
    await refuses(Buffer.from('PAR1'), /cut off/)
    await refuses(whole.subarray(0, -1), /cut off/)
    await refuses(whole.subarray(0, whole.length / 2), /cut off/)
    await refuses(Buffer.concat([Buffer.from('PARE'), whole.subarray(4)]), /encrypted/)
    await refuses(Buffer.concat([whole.subarray(0, -4), Buffer.from('PARE')]), /encrypted/)
    const longFooter = Buffer.from(whole)
    longFooter.writeUInt32LE(whole.length, whole.length - 8)
    await refuses(longFooter, /its footer does not fit its data/)
    // The data lacks its beginning, which the footer speaks of.
    await refuses(Buffer.concat([whole.subarray(0, 4), whole.subarray(-7000)]), /damaged/)
  })

  test('fails with a code and without data, whichever byte is wrong', async () => {
    const whole = await parquetFixture('kinds.parquet')
    let failures = 0
    for (let at = 4; at < whole.length; at += 113) {
      const damaged = Buffer.from(whole)
      damaged.writeUInt8((damaged[at] ?? 0) ^ 0x55, at)
      try {
        await convert(damaged)
      } catch (error) {
        failures += 1
        assert.ok(error instanceof PipelineError, `byte ${at}: ${String(error)}`)
        assert.match(error.code, /^(SOURCE_MALFORMED|CONVERSION_FAILED|ROWS_LOST)$/)
        assert.doesNotMatch(error.message, /DuckDB|LINE 1|Error:|12345678901234567890/)
      }
    }
    assert.ok(failures > 10, `${failures} failures`)
  })

  test('is told by its encoding where only that is not read', async () => {
    await assert.rejects(
      convertParquet(bed, [await parquetFixture('split_bytes.parquet')], { v: 'text' }),
      {
        code: 'CONVERSION_FAILED',
        message:
          'the Parquet data cannot be read: BYTE_STREAM_SPLIT encoding is only supported for FLOAT or DOUBLE data [page=page-0]',
      },
    )
  })

  test('names the page that cannot be read', async () => {
    const whole = await parquetFixture('kinds.parquet')
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, 4, 400)
    await assert.rejects(convertParquet(bed, [damaged], { i8: 'smallint' }), {
      code: 'CONVERSION_FAILED',
      message: 'the Parquet data cannot be read [page=page-0]',
    })
  })

  test('is no page of what was landed when its rows are others', async () => {
    const { convertPages } = await import('../../../activities/conversion/convert-pages.ts')
    const whole = await parquetFixture('kinds.parquet')
    const page = { key: 'page-0', digest: '', sizeBytes: 1, records: 4, recordsStart: null }
    await assert.rejects(
      convertPages(bed.duckDb, {
        columns: [{ name: 'i8', from: 'i8', type: { kind: 'smallint' }, key: false }],
        rules: { schema: 'discard' },
        format: 'parquet',
        pages: [page],
        read: () => Promise.resolve(whole),
        folder: bed.folder,
        signal: AbortSignal.timeout(60_000),
      }),
      { code: 'ROWS_LOST' },
    )
  })
})
