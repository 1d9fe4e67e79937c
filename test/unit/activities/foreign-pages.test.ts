import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { convertPages } from '../../../activities/conversion/convert-pages.ts'
import type { ColumnDefinition, SourceFormat, TextFormat } from '../../../activities/index.ts'
import { landedPagesOf } from '../../support/convert-into-folder.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf, convertBodies } from './convert-bodies.ts'
import { parquetOf } from './evolve-bodies.ts'

const columns = columnsOf({ id: 'bigint', text: 'text' }).map((column): ColumnDefinition => ({
  ...column,
  key: false,
}))
const nested: readonly ColumnDefinition[] = [
  {
    name: 'city',
    from: '$.place.city',
    path: ['place', 'city'],
    type: { kind: 'text' },
    key: false,
  },
]

describe('a page of which no record has any declared field', () => {
  const bed = useDuckDb()
  const load = (
    format: TextFormat,
    body: string,
    declared: readonly ColumnDefinition[] = columns,
  ) => convertBodies(bed.duckDb, format, declared, [body])

  const foreign: readonly (readonly [TextFormat, string, RegExp])[] = [
    ['ndjson', '{"error":"rate limited"}\n', /no record of the page has any/],
    ['ndjson', '\uFEFF\r\n {"ID":1}\r\n{"x":{"id":1}}', /no record of the page has any/],
    ['ndjson', '{}\n{}\n', /no record of the page has any/],
    ['json', '[{"message":"try later","errorCode":"LIMIT"}]', /no record of the page has any/],
    ['json', '[7, {"x":["id","text"]} ,{}]', /no record of the page has any/],
    ['csv', 'try later\n', /none of the declared columns$/],
    ['csv', 'id;text\n1;a\n', /none of the declared columns; it has semicolons and no comma$/],
    ['csv', 'id\ttext\n1\ta\n', /none of the declared columns; it has tabs and no comma$/],
    ['csv', '"id|text"\n1|a\n', /none of the declared columns; it has bars and no comma$/],
    ['csv', 'ID,Text\n1,a\n', /none of the declared columns$/],
    ['csv', '\nid,text\n1,a\n', /none of the declared columns$/],
    ['csv', 'sep=,\nid,text\n1,a\n', /none of the declared columns$/],
  ]
  for (const [format, body, message] of foreign) {
    test(`is no page: ${format} ${JSON.stringify(body)}`, async () => {
      await assert.rejects(load(format, body), {
        code: 'SOURCE_MALFORMED',
        retryable: true,
        message,
      })
    })
  }

  test('is one where a field is there with null, is written with escapes, or leads to a nested one', async () => {
    for (const [format, body, rows] of [
      ['json', '[{"x":1},{"text":null}]', 2],
      ['ndjson', '{"x":1}\n{"\\u0069d":2}\n', 2],
      ['csv', 'other,text\n1,\n', 1],
      // Nothing, and nothing that is an object: these have rules of their own.
      ['json', '[]', 0],
      ['json', '[1,"id"]', 0],
      ['csv', 'text\n', 0],
    ] as const) {
      assert.equal((await load(format, body)).rowCount, rows, body)
    }
    assert.equal((await load('json', '[{"place":{}}]', nested)).rowCount, 1)
  })

  test('is no page with a key either, and among other records one such is set aside', async () => {
    const keyed = columnsOf({ id: 'bigint', text: 'text' })
    await assert.rejects(load('ndjson', '{"error":"x"}\n', keyed), { code: 'SOURCE_MALFORMED' })
    const { rows, rejects } = await load('ndjson', '{"error":"x"}\n{"id":1}\n', keyed)
    assert.deepEqual(rows, [[1n, null]])
    assert.deepEqual(
      rejects.map(({ reason }) => reason),
      ['id: the key is missing'],
    )
  })

  test('is refused when it was landed for other columns, where it names all of its fields', async () => {
    const parquet = await parquetOf(bed, `SELECT 1 AS "ID", 'a' AS "Text"`)
    for (const [format, body] of [
      ['csv', 'ID,Text\n1,a\n'],
      ['parquet', parquet],
    ] as const satisfies readonly (readonly [SourceFormat, string | Buffer])[]) {
      const landedFor = columnsOf({ ID: 'bigint', Text: 'text' })
      const pages = await landedPagesOf(format, landedFor, [body])
      const convert = async (declared: readonly ColumnDefinition[], name: string) =>
        convertPages(bed.duckDb, {
          columns: declared,
          rules: { schema: 'discard' },
          format,
          pages,
          read: async () => Buffer.from(body),
          folder: await mkdtemp(join(bed.folder, name)),
          signal: AbortSignal.timeout(60_000),
        })
      assert.equal((await convert(landedFor, `${format}-landed-for`)).convertedCount, 1)
      await assert.rejects(convert(columns, `${format}-other`), {
        code: 'SCHEMA_CHANGED',
        message: /none of the declared fields is in any record/,
      })
    }
  })
})
