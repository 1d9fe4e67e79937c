import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { convertRecords } from '../../../activities/conversion/convert-records.ts'
import { splitCsv } from '../../../activities/conversion/split-csv.ts'
import { readPart } from '../../../activities/conversion/read-part.ts'
import type { ColumnDefinition, ColumnType, PartChunk } from '../../../activities/index.ts'
import type { ScalarType } from '../../../activities/pipeline-definition.ts'
import { ParquetReader } from '../../support/parquet-witness.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { valueAt } from '../../support/value-at.ts'

const { signal } = new AbortController()

describe('convertRecords', () => {
  const bed = useDuckDb()

  async function convert(
    text: string,
    types: Readonly<Record<string, ScalarType['kind'] | ColumnType>>,
    options: {
      format?: 'json' | 'csv'
      key?: string
      pages?: { key: string; firstRecord: number }[]
    } = {},
  ) {
    const columns: ColumnDefinition[] = Object.entries(types).map(([name, type]) => ({
      name,
      from: name,
      key: name === options.key,
      type: typeof type === 'string' ? toType(type) : type,
    }))
    const path = join(bed.folder, 'records')
    const partPath = join(bed.folder, 'part.parquet')
    const rejectsPath = join(bed.folder, 'rejects.ndjson.zst')
    const format = options.format ?? 'json'
    const fields = new Set(Object.keys(types))
    const csv = format === 'csv' ? splitCsv(Buffer.from(text), fields) : undefined
    await writeFile(path, csv?.pieces ?? text)
    const pages = options.pages ?? [{ key: 'page-0', firstRecord: 0 }]
    return bed.duckDb.withConnection(signal, async (connection) => {
      const file = { path, format, pages, longestRecordBytes: text.length, header: csv?.header }
      const places = { partPath, rejectsPath, rules: { schema: 'discard' } } as const
      const result = await convertRecords(connection, columns, file, places)
      const chunks: PartChunk[] = await Array.fromAsync(readPart(connection, partPath, columns))
      const rejects =
        result.rejectCount === 0
          ? []
          : zstdDecompressSync(await readFile(rejectsPath))
              .toString()
              .trim()
              .split('\n')
              .map((reject): unknown => {
                const { line, raw, ...others } = JSON.parse(reject) as Record<string, unknown>
                // What was read needs no text of its own.
                assert.deepEqual([line, raw], [null, null])
                return others
              })
      return { ...result, columns, rows: rowsOf(chunks), rejects, part: await readFile(partPath) }
    })
  }

  test('keeps every digit, microsecond and code point', async () => {
    const big = '-999999999999999999999999999999999999.99'
    const { rows, rejectCount } = await convert(
      [
        {
          i: '9223372036854775807',
          n: big,
          t: '2024-02-29T23:59:59.123456',
          d: '0001-01-01',
          s: 'é\u2028"\\\n',
          b: true,
        },
        {
          i: '-9223372036854775808',
          n: '1.10',
          t: '9999-12-31 23:59:59.999999',
          d: '9999-12-31',
          s: '',
          b: false,
        },
        { i: null, n: null, t: null, d: null, s: null, b: null },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
      {
        i: 'bigint',
        n: { kind: 'numeric', precision: 38, scale: 2 },
        t: 'timestamp',
        d: 'date',
        s: 'text',
        b: 'boolean',
      },
    )
    assert.equal(rejectCount, 0)
    assert.deepEqual(rows, [
      [9223372036854775807n, big, 1709251199123456n, -719162, 'é\u2028"\\\n', 1],
      [-9223372036854775808n, '1.10', 253402300799999999n, 2932896, '', 0],
      [null, null, null, null, null, null],
    ])
  })

  test('takes a time without an offset as UTC, and one with as what it says', async () => {
    const { rows } = await convert(
      '{"t":"2024-03-10T02:30:00"}\n{"t":"2024-03-10T02:30:00+05:30"}',
      {
        t: 'timestamptz',
      },
    )
    assert.deepEqual(rows, [[1710037800000000n], [1710018000000000n]])
  })

  test('sets rows aside with page, position and reason, and keeps the rest in order', async () => {
    const { rows, rejects, rejectCount, firstReject } = await convert(
      [
        '{"id":1,"n":5}',
        '{"id":2,"n":"3.7"}',
        '{"n":1}',
        '{"id":4,"n":2147483648}',
        '{"id":5,"n":null}',
        '{"id":6,"n":"x"}',
      ].join('\n'),
      { id: 'bigint', n: 'integer' },
      {
        key: 'id',
        pages: [
          { key: 'page-a', firstRecord: 0 },
          { key: 'page-b', firstRecord: 3 },
        ],
      },
    )
    assert.deepEqual(rows, [
      [1n, 5],
      [5n, null],
    ])
    assert.equal(rejectCount, 4)
    assert.equal(firstReject, 'n: the value is not of type integer')
    assert.deepEqual(rejects, [
      {
        page: 'page-a',
        record: 1,
        reason: 'n: the value is not of type integer',
        fields: { id: '2', n: '3.7' },
      },
      { page: 'page-a', record: 2, reason: 'id: the key is missing', fields: { id: null, n: '1' } },
      {
        page: 'page-b',
        record: 0,
        reason: 'n: the value is not of type integer',
        fields: { id: '4', n: '2147483648' },
      },
      {
        page: 'page-b',
        record: 2,
        reason: 'n: the value is not of type integer',
        fields: { id: '6', n: 'x' },
      },
    ])
  })

  test('sets aside a text that PostgreSQL cannot hold', async () => {
    const { rows, rejects } = await convert('{"s":"a\\u0000b"}\n{"s":"ok"}', { s: 'text' })
    assert.deepEqual(rows, [['ok']])
    assert.equal(rejects.length, 1)
  })

  test('takes no number for infinity, and infinity for itself', async () => {
    const { rows, rejectCount } = await convert(
      '{"x":"1e400"}\n{"x":"-Infinity"}\n{"x":"NaN"}\n{"x":"-1e400"}\n{"x":"1e308"}',
      { x: 'double' },
    )
    assert.deepEqual(rows, [[-Infinity], [NaN], [1e308]])
    assert.equal(rejectCount, 2)
  })

  test('takes a date for a date, and nothing that goes on in another way', async () => {
    const { rows, rejectCount } = await convert(
      '{"d":"2001-01-05"}\n{"d":"2001-01-05T13:00:00Z"}\n{"d":"2001-01-05garbage"}\n{"d":"2001-02-30"}',
      { d: 'date' },
    )
    assert.deepEqual(rows, [[11327], [11327]])
    assert.equal(rejectCount, 2)
  })

  test('knows columns by any name, our own included', async () => {
    const names = ['reject', '_reject', 'rowid', 'c0', 'c1', 'source', 'position', 'typed', 'page']
    const line = (value: string) =>
      JSON.stringify(Object.fromEntries(names.map((name, index) => [name, `${value}${index}`])))
    const { rows, rejects } = await convert(
      [line('1'), line('x'), line('2')].join('\n'),
      Object.fromEntries(names.map((name) => [name, 'integer' as const])),
    )
    assert.deepEqual(rows, [
      names.map((_, index) => 10 + index),
      names.map((_, index) => 20 + index),
    ])
    assert.deepEqual(rejects, [
      {
        page: 'page-0',
        record: 1,
        reason: 'reject: the value is not of type integer',
        fields: Object.fromEntries(names.map((name, index) => [name, `x${index}`])),
      },
    ])
  })

  test('reads CSV: quoted line ends, quoted empty text, NULL for nothing', async () => {
    const text = 'id,s\n1,"two\nlines"\n2,""\n3,\n4,NULL\n'
    const { rows } = await convert(text, { id: 'integer', s: 'text' }, { format: 'csv' })
    assert.deepEqual(rows, [
      [1, 'two\nlines'],
      [2, ''],
      [3, null],
      [4, 'NULL'],
    ])
  })

  test('reads CSV by the names of its header, whatever their order, case and number', async () => {
    const text = '\uFEFFx,"s",ID,,x\r\n1,a,2,3,4\r\n'
    const { rows } = await convert(text, { ID: 'integer', s: 'text' }, { format: 'csv' })
    assert.deepEqual(rows, [[2, 'a']])
    for (const header of ['id', 'id,s,s', 'id,"s"x']) {
      await assert.rejects(
        convert(`${header}\n1\n`, { id: 'integer', s: 'text' }, { format: 'csv' }),
        {
          code: 'CONVERSION_FAILED',
        },
      )
    }
  })

  test('refuses records that are not JSON without quoting them', async () => {
    await assert.rejects(convert('{"id":secret}', { id: 'integer' }), (error: Error) => {
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  })

  test('no record makes a part of no rows', async () => {
    const { rows, rowCount } = await convert('', { id: 'integer', s: 'text' })
    assert.deepEqual([rows, rowCount], [[], 0])
  })

  test('writes the same bytes again, which another reader reads too', async () => {
    const count = 300_000
    const lines: string[] = []
    for (let id = 0; id < count; id += 1) lines.push(`{"id":${id},"s":"text ${id % 977}"}`)
    const types = { id: 'bigint', s: 'text' } as const
    const first = await convert(lines.join('\n'), types, { key: 'id' })
    const second = await convert(lines.join('\n'), types, { key: 'id' })
    assert.ok(first.part.equals(second.part))

    const reader = await ParquetReader.openBuffer(first.part)
    const cursor = reader.getCursor()
    for (let id = 0; id < count; id += 1) {
      const row = (await cursor.next()) as { id: bigint; s: string } | null
      if (Number(row?.id) !== id || row?.s !== `text ${id % 977}`) {
        assert.fail(`row ${id} is ${JSON.stringify(row, (_, value: unknown) => String(value))}`)
      }
    }
    assert.equal(await cursor.next(), null)
    await reader.close()
  })
})

function toType(kind: ScalarType['kind']): ColumnType {
  return kind === 'numeric' ? { kind, precision: 38, scale: 10 } : { kind }
}

function rowsOf(chunks: readonly PartChunk[]): unknown[][] {
  return chunks.flatMap(({ rowCount, columns }) =>
    Array.from({ length: rowCount }, (_, row) => columns.map((vector) => valueAt(vector, row))),
  )
}
