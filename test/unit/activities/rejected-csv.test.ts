import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf, convertBodies } from './convert-bodies.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/records')
const idAndText = columnsOf({ id: 'integer', t: 'text' })

describe('a bad CSV record', () => {
  const bed = useDuckDb()

  const fixture = (name: string): Promise<Buffer> => readFile(join(fixtures, name))

  test('is one with another number of fields than the header, by its line', async () => {
    const text = (await fixture('ragged.csv')).toString().replace('"unterminated', 'terminated')
    const columns = columnsOf({ a: 'text', b: 'text', c: 'text' })
    const { rows, rejects, recordCount } = await convertBodies(bed.duckDb, 'csv', columns, [text])
    assert.deepEqual(rows, [
      ['1', '2', '3'],
      ['10', '11\n12', '13'],
      ['14', '15', '16'],
      ['18', '19', '20'],
    ])
    assert.deepEqual(rejects, [
      reject(1, 3, 'the record has 2 fields, the header 3', '4,5'),
      reject(2, 4, 'the record has 4 fields, the header 3', '6,7,8,9'),
      reject(5, 9, 'the record has 2 fields, the header 3', 'terminated,17'),
    ])
    assert.equal(recordCount, 7)
  })

  test('is no quote that stays open: nobody knows what it takes in', async () => {
    const columns = columnsOf({ a: 'text', b: 'text', c: 'text' })
    await assert.rejects(convertBodies(bed.duckDb, 'csv', columns, [await fixture('ragged.csv')]), {
      code: 'SOURCE_MALFORMED',
      message: /the quote that opens on line 9 is not closed/,
      retryable: true,
    })
    await assert.rejects(
      convertBodies(bed.duckDb, 'csv', columns, ['a,b,c\n"x\ny",1,"2\n3,4,5\n']),
      {
        message: /line 3 is not closed/,
      },
    )
  })

  test('is one whose quotes are wrong, line by line', async () => {
    const columns = columnsOf({ a: 'text', b: 'text' })
    const body =
      'a,b\r\n1,x"y\r\n2, "z"\r\n3,"z" \r\n"4,z\r\n5,z\r\n"6",z\r\n7,\rz\r\n8,"""\r\n"\r\n9, ok \r\n'
    const { rows, rejects, recordCount } = await convertBodies(bed.duckDb, 'csv', columns, [body])
    assert.deepEqual(rows, [
      ['8', '"\r\n'],
      ['9', ' ok '],
    ])
    const inside = 'a quote stands inside of a field without quotes'
    const behind = 'something follows a closing quote'
    assert.deepEqual(rejects, [
      reject(0, 2, inside, '1,x"y'),
      reject(1, 3, inside, '2, "z"'),
      reject(2, 4, behind, '3,"z" '),
      reject(3, 5, behind, '"4,z\r'),
      reject(4, 6, behind, '5,z\r'),
      reject(5, 7, behind, '"6",z'),
      reject(6, 8, 'a bare carriage return stands outside of quotes', '7,\rz'),
    ])
    assert.equal(recordCount, 9)
  })

  test('is one that is not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('a,b\n1,\xff\n', 'latin1'), Buffer.from('2,é\n')])
    const { rows, rejects } = await convertBodies(
      bed.duckDb,
      'csv',
      columnsOf({ a: 'text', b: 'text' }),
      [body],
    )
    assert.deepEqual(rows, [['2', 'é']])
    assert.deepEqual(
      rejects.map(({ line, reason }) => [line, reason]),
      [[2, 'the record is not UTF-8']],
    )
  })

  test('is none for a blank line, which is a value in a file of one column', async () => {
    const many = await convertBodies(bed.duckDb, 'csv', columnsOf({ a: 'text', b: 'text' }), [
      'a,b\n\n1,2\r\n\r\n,\n3,4',
    ])
    assert.deepEqual(many.rows, [
      ['1', '2'],
      ['3', '4'],
    ])
    assert.deepEqual(
      many.rejects.map(({ reason }) => reason),
      ['a: the key is missing'],
    )
    const column = { name: 'a', from: 'a', key: false, type: { kind: 'text' as const } }
    const one = await convertBodies(bed.duckDb, 'csv', [column], ['a\n1\n\n""\nb,c\n\n'])
    assert.deepEqual(one.rows, [['1'], [null], [''], [null]])
    assert.equal(one.rejects[0]?.record, 3)
  })

  test('is none for names that are empty or there twice: they go by position', async () => {
    const body = await fixture('bom_dup_headers.csv')
    const from = ['c', 'column_3', 'c_1', 'column_5', 'column_6']
    const columns = from.map((name, index) => ({
      name: `v${index}`,
      from: name,
      key: index === 1,
      type: { kind: 'integer' as const },
    }))
    const withoutTwice = columns.filter((column) => column.from !== 'c')
    const { rows } = await convertBodies(bed.duckDb, 'csv', withoutTwice, [body])
    assert.deepEqual(rows, [[3, 4, 5, 6]])
    for (const [name, code, message] of [
      ['id', 'CONVERSION_FAILED', /"id" more than once/],
      ['c', 'CONVERSION_FAILED', /"c" more than once/],
      ['ID', 'SOURCE_MALFORMED', /none of the declared columns$/],
      ['column_1', 'SOURCE_MALFORMED', /none of the declared columns$/],
    ] as const) {
      const declared = [{ name: 'x', from: name, key: true, type: { kind: 'integer' as const } }]
      await assert.rejects(convertBodies(bed.duckDb, 'csv', declared, [body]), { code, message })
    }
  })

  test('is none for a field of 20 MiB', async () => {
    const bytes = 20 * 1024 * 1024
    const body = `id,t\n1,"${'x\n'.repeat(bytes / 2)}"\n2,1.5\n`
    const { rows } = await convertBodies(bed.duckDb, 'csv', idAndText, [body])
    assert.deepEqual(
      rows.map(([id, text]) => [id, String(text).length]),
      [
        [1, bytes],
        [2, 3],
      ],
    )
  })
})

function reject(record: number, line: number, reason: string, raw: string) {
  return { page: 'page-0', record, line, reason, fields: null, raw }
}
