import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  fileField,
  footerBytes,
  readParquetFooter,
} from '../../../activities/parquet/parquet-footer.ts'
import { elementField } from '../../../activities/parquet/parquet-schema.ts'
import { leafTextSql } from '../../../activities/parquet/parquet-text-sql.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { convertParquet, parquetFixture, type Declared } from './convert-parquet.ts'

describe('a Parquet value', () => {
  const bed = useDuckDb()

  const read = async (declared: Readonly<Record<string, Declared>>, fixture = 'kinds') =>
    convertParquet(bed, [await parquetFixture(`${fixture}.parquet`)], declared)

  test('has all its digits', async () => {
    const { rows } = await read({
      i8: 'smallint',
      u8: 'integer',
      u16: 'integer',
      u64: 'numeric(20, 0)',
      d38: 'numeric(38, 0)',
      half: 'double',
      float: 'text',
      uuid: 'uuid',
      boolean: 'boolean',
      category: 'text',
    })
    const nines = '9'.repeat(38)
    const uuids = ['00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-ffff-ffff-ffffffffffff']
    assert.deepEqual(rows, [
      [
        '127',
        '255',
        '65535',
        '18446744073709551615',
        nines,
        '1.5',
        '0.10000000149011612',
        uuids[0],
        'true',
        'x',
      ],
      ['-128', '0', '0', '0', `-${nines}`, '65504.0', 'NaN', uuids[1], 'false', 'y'],
      [null, null, null, null, null, '-0.0', '-Infinity', null, null, 'x'],
    ])
  })

  test('is a double as it stands, and a whole number where it is one', async () => {
    const { rows } = await read({ text: ['text', 'double'], double: 'double' }, 'floats')
    assert.deepEqual(rows, [
      ['0.1', '0.1'],
      ['1e+22', '1e+22'],
      ['5e-324', '5e-324'],
      ['-0', '-0.0'],
      ['NaN', 'nan'],
      ['Infinity', 'inf'],
      ['-Infinity', '-inf'],
      ['2', '2.0'],
      [null, null],
    ])
  })

  test('keeps nanoseconds as text, and is rounded to microseconds as a moment', async () => {
    const { rows } = await read({
      ns: 'text',
      moment: ['timestamp', 'ns'],
      time_ns: 'text',
      time: ['time', 'time_ns'],
    })
    assert.deepEqual(rows, [
      [
        '1970-01-01 00:00:00.000001500',
        '1970-01-01 00:00:00.000002',
        '00:00:00.000001500',
        '00:00:00.000002',
      ],
      [
        '1970-01-01 00:00:00.000002500',
        '1970-01-01 00:00:00.000002',
        '23:59:59.999999999',
        '24:00:00',
      ],
      [
        '1969-12-31 23:59:59.999999500',
        '1970-01-01 00:00:00',
        '00:00:00.000002500',
        '00:00:00.000002',
      ],
    ])
  })

  test('is a day or time of any era, or set aside', async () => {
    const { rows, rejects } = await read({
      date: 'date',
      us: 'text',
      time_us: 'time',
      time_ms: 'time',
      moment: ['timestamp', 'us'],
    })
    assert.deepEqual(rows, [
      [
        '0001-12-31 (BC)',
        '0001-12-31 23:59:59.999999 BC',
        '00:00:00.000001',
        '00:00:00',
        '0001-12-31 (BC) 23:59:59.999999',
      ],
      [
        '1970-01-01',
        '294247-01-10 04:00:54.775806',
        '23:59:59.999999',
        '23:59:59.999',
        '294247-01-10 04:00:54.775806',
      ],
    ])
    assert.equal(rejects[0]?.['reason'], 'moment: the value is not of type timestamp')
    const { firstReject } = await read({ ms: 'timestamp' })
    assert.equal(firstReject, 'ms: the value is not of type timestamp')
  })

  test('is an old timestamp of 96 bits, of any year', async () => {
    const { rows } = await read({ ns: 'text', moment: ['timestamptz', 'ns'] }, 'int96')
    assert.deepEqual(rows.slice(2), [
      ['1969-12-31 23:59:59.999999999', '1970-01-01 00:00:00+00'],
      ['1677-09-21 00:12:43.145224193', '1677-09-21 00:12:43.145224+00'],
      [null, null],
    ])
    const lastDay = Buffer.alloc(12)
    lastDay.writeBigUInt64LE(86_399_999_999_000n)
    lastDay.writeUInt32LE(5_373_484, 8)
    const beyond = Buffer.alloc(12, 0xff)
    const texts = await bed.duckDb.withConnection(AbortSignal.timeout(60_000), (connection) =>
      connection.runAndReadAll(
        `SELECT ${leafTextSql('x', { kind: 'int96' }, 'BLOB', 'moment')} FROM
           (VALUES (unhex('${lastDay.toString('hex')}')), (unhex('${beyond.toString('hex')}'))) t(x)`,
      ),
    )
    assert.deepEqual(texts.getRowsJson(), [
      ['9999-12-31 23:59:59.999999'],
      [`beyond all times: \\x${'FF'.repeat(12)}`],
    ])
  })

  test('is bytes where these are wanted, and text where they are UTF-8', async () => {
    const bytes = await read({ bytes: 'bytea', fixed: 'bytea', old_text: 'text' })
    assert.deepEqual(bytes.rows, [
      ['\\xFF\\x00', 'abc', 'abc'],
      ['', '\\xFF\\xFE\\x00', 'é'],
      [null, null, null],
    ])
    const both = await read({ hex: ['bytea', 'bytes'], bytes: 'text' })
    assert.deepEqual(both.rows, [
      ['', ''],
      [null, null],
    ])
    assert.deepEqual(
      both.rejects.map(({ record, reason, raw }) => [record, reason, raw]),
      [[0, 'bytes as text: the bytes are not UTF-8 text', '\\xff00']],
    )
  })

  test('is set aside where it is said to be text and is not', async () => {
    const { rows, rejects } = await read({ id: 'integer', text: 'text' }, 'not_utf8')
    assert.deepEqual(rows, [
      ['1', 'ok'],
      ['3', 'café'],
      ['4', null],
    ])
    assert.deepEqual(
      rejects.map(({ record, reason, raw }) => [record, reason, raw]),
      [[1, 'text: the bytes are not UTF-8 text', '\\xfffe']],
    )
    const nested = await read({ list: 'jsonb' }, 'not_utf8')
    assert.deepEqual(nested.rows, [['["a\\""]'], ['["z"]'], ['[]']])
    assert.equal(nested.rejectCount, 1)
    assert.equal((await read({ id: 'integer' }, 'not_utf8')).rejectCount, 0)
  })

  test('is JSON with all digits where it has members', async () => {
    const { rows } = await read({
      decimals: 'json',
      unsigned: 'json',
      floats: 'json',
      blobs: 'json',
      moments: 'json',
      twice: 'json',
      by_number: 'json',
      member: 'json',
      document: 'jsonb',
      uuid: 'json',
    })
    assert.deepEqual(rows, [
      [
        '[12345678901234567890.123456789012345678]',
        '[18446744073709551615]',
        '[0.1,"NaN"]',
        '["\\\\xff"]',
        '["1970-01-01T00:00:00.0015+00:00"]',
        '[{"key":"a","value":1},{"key":"a","value":2}]',
        '[{"key":1,"value":"x"}]',
        '{"A":1,"a":"q\\""}',
        '{"a": 1.10}',
        '"00000000-0000-0000-0000-000000000001"',
      ],
      [
        '[null]',
        null,
        '[-0,"Infinity"]',
        '["\\\\x6122"]',
        '["0001-01-01T00:00:00+00:00"]',
        '{"b":1}',
        '[{"key":2,"value":null}]',
        null,
        '[1]',
        '"ffffffff-ffff-ffff-ffff-ffffffffffff"',
      ],
      ['[]', '[0]', null, null, null, '{}', null, '{"A":null,"a":null}', null, null],
    ])
  })

  test('is found by its exact name, and in members', async () => {
    const { rows } = await read({
      first: ['integer', 'Id'],
      second: ['integer', 'id'],
      none: ['integer', 'ID'],
      row: ['integer', 'file_row_number'],
      point: ['integer', 'with.point'],
      upper: ['integer', '$.member.A'],
      lower: ['text', '$.member.a'],
      deeper: ['text', '$.member.a.b'],
    })
    assert.deepEqual(rows, [
      ['1', '4', null, '7', '1', '1', 'q"', null],
      ['2', '5', null, '8', '2', null, null, null],
      ['3', '6', null, '9', '3', null, null, null],
    ])
  })

  test('is refused where another has the very same name', async () => {
    const file = await parquetFixture('kinds.parquet')
    const footer = await readParquetFooter(file.length, (start, end) =>
      Promise.resolve(file.subarray(start, end)),
    )
    const { metadata, start } = footer
    for (const element of metadata.structs(fileField.schema)) {
      if (element.text(elementField.name) === 'Id') element.setText(elementField.name, 'id')
    }
    const twins = Buffer.concat([file.subarray(0, start), footerBytes(metadata)])
    await assert.rejects(convertParquet(bed, [twins], { id: 'integer' }), {
      code: 'CONVERSION_FAILED',
      message: /two columns of the Parquet file are called id/,
    })
    assert.equal((await convertParquet(bed, [twins], { i8: 'smallint' })).convertedCount, 3)
  })

  test('is read as its own file has it, where files differ', async () => {
    const files = await Promise.all(
      ['drift_1', 'drift_2', 'drift_1'].map((name) => parquetFixture(`${name}.parquet`)),
    )
    const declared = { id: 'bigint', qty: 'bigint', price: 'numeric(10, 2)', note: 'text' }
    const { rows } = await convertParquet(bed, files, declared)
    const old = [
      ['1', '10', '1.00', null],
      ['2', '20', '2.00', null],
    ]
    assert.deepEqual(rows, [
      ...old,
      ['3', '3000000000', '1.50', 'new'],
      ['4', null, '2.00', null],
      ...old,
    ])
    const whole = await convertParquet(bed, files, { price: 'bigint' })
    assert.deepEqual(whole.rows.flat(), ['1', '2', '2', '1', '2'])
    assert.deepEqual(
      whole.rejects.map(({ page, record }) => [page, record]),
      [['page-1', 0]],
    )
    await assert.rejects(convertParquet(bed, files, declared, 'freeze'), {
      code: 'SCHEMA_CHANGED',
      message: /in no record: "note"/,
    })
    await assert.rejects(convertParquet(bed, files, { id: 'bigint' }, 'freeze'), {
      code: 'SCHEMA_CHANGED',
      message: /not declared: "price", "qty"/,
    })
  })
})
