import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ColumnDefinition } from '../../../activities/index.ts'
import type { ScalarType } from '../../../activities/pipeline-definition.ts'
import { useDuckDb } from '../../support/use-duck-db.ts'
import { columnsOf, convertBodies } from './convert-bodies.ts'

const id: ColumnDefinition = { name: 'id', from: 'id', type: { kind: 'integer' }, key: true }

function arrays(
  element: ScalarType['kind'],
  more: Partial<ColumnDefinition> = {},
): ColumnDefinition {
  const of = element === 'numeric' ? { kind: element, precision: 9, scale: 2 } : { kind: element }
  return { name: 'v', from: 'v', key: false, type: { kind: 'array', element: of }, ...more }
}

describe('a column of arrays', () => {
  const bed = useDuckDb()

  test('keeps every digit, empty arrays, and NULL apart from elements that are NULL', async () => {
    const body = `{"id":1,"v":[1.10, 12345.67, null]}
{"id":2,"v":[]}
{"id":3,"v":null}
{"id":4}
{"id":5,"v":[null]}
{"id":6,"v":"{7}"}`
    const { rows } = await convertBodies(bed.duckDb, 'ndjson', [id, arrays('numeric')], [body])
    assert.deepEqual(rows, [
      [1, ['1.10', '12345.67', null]],
      [2, []],
      [3, null],
      [4, null],
      [5, [null]],
      [6, ['7.00']],
    ])
  })

  test('is taken from a path, beside the same member as JSON and as text', async () => {
    const path = ['a', 'b']
    const columns: ColumnDefinition[] = [
      id,
      arrays('json', { name: 'documents', from: '$.a.b', path }),
      arrays('text', { name: 'texts', from: '$.a.b', path }),
      { name: 'whole', from: '$.a.b', path, type: { kind: 'json' }, key: false },
      { name: 'v', from: 'v', type: { kind: 'text' }, key: false },
      arrays('integer', { name: 'numbers' }),
    ]
    const body = '[{"id":1,"a":{"b":[ "x\\u00e9" ,1.10,null]},"v":[1,2]}]'
    const { rows } = await convertBodies(bed.duckDb, 'json', columns, [body])
    const [row] = rows
    assert.deepEqual(row, [
      1,
      ['"x\\u00e9"', '1.10', null],
      ['xé', '1.10', null],
      '[ "x\\u00e9" ,1.10,null]',
      '[1,2]',
      [1, 2],
    ])
  })

  test('has a default in either form, in every format', async () => {
    for (const [text, expected] of [
      ['{}', []],
      ['{1,NULL}', [1, null]],
      ['[1, null]', [1, null]],
    ] as const) {
      const columns = [id, arrays('integer', { default: text })]
      const bodies = { json: '[{"id":1},{"id":2,"v":null}]', csv: 'id,v\n1,\n2,\n' } as const
      for (const format of ['json', 'csv'] as const) {
        const { rows } = await convertBodies(bed.duckDb, format, columns, [bodies[format]])
        assert.deepEqual(rows, [
          [1, expected],
          [2, expected],
        ])
      }
    }
  })

  test('sets a row aside for what it is, or for one element, with what stood there', async () => {
    const deep = `[${'['.repeat(65)}${']'.repeat(65)}]`
    const cases: [ScalarType['kind'], string, string][] = [
      ['integer', '{"a":1}', 'the value is not of type integer[]'],
      ['integer', '{}', 'the value is not of type integer[]'],
      ['integer', '5', 'the value is not of type integer[]'],
      ['integer', '"{{1},{2}}"', 'the value is not of type integer[]'],
      ['integer', '"{1,"', 'the value is not of type integer[]'],
      ['integer', '"[1,]"', 'an element is not of type integer'],
      ['integer', '[1, 3.7]', 'an element is not of type integer'],
      ['integer', '[1, [2]]', 'an element is not of type integer'],
      ['integer', '[1, {"a": 2}]', 'an element is not of type integer'],
      ['integer', '"{1,2147483648}"', 'an element is not of type integer'],
      ['date', '["2001-02-03", "4714-11-23 BC"]', 'an element is not of type date'],
      ['double', '[1, 1e400]', 'an element is not of type double'],
      ['text', '["a", "b\\u0000c"]', 'the text of an element holds a NUL character'],
      ['text', '["a", ["b"]]', 'an element is not of type text'],
      ['jsonb', '[1, {"a": "\\u0000"}]', 'a text in the JSON holds a NUL character'],
      ['jsonb', '[1, 1e99999]', 'a number in the JSON is too long'],
      ['jsonb', deep, 'an element is nested more than 64 levels deep'],
      ['json', '"{\\"{\\"}"', 'an element is not of type json'],
    ]
    for (const [element, json, reason] of cases) {
      const body = `{"id":1,"v":${json}}\n{"id":2,"v":[]}\n`
      const columns = [id, arrays(element)]
      const { rows, rejects } = await convertBodies(bed.duckDb, 'ndjson', columns, [body])
      assert.deepEqual(rows, [[2, []]], json)
      assert.deepEqual(
        rejects.map(({ record, reason: given, fields }) => [
          record,
          given,
          Object.values(fields ?? {}),
        ]),
        [[0, `v: ${reason}`, ['1', json]]],
      )
    }
  })

  test('may be the key, which then is not to be missing', async () => {
    const columns = columnsOf({ v: { kind: 'array', element: { kind: 'uuid' } }, n: 'integer' })
    const body = 'v,n\n{},1\n,2\n{NULL},3\n'
    const { rows, rejects } = await convertBodies(bed.duckDb, 'csv', columns, [body])
    assert.deepEqual(rows, [
      [[], 1],
      [[null], 3],
    ])
    assert.deepEqual(
      rejects.map(({ reason }) => reason),
      ['v: the key is missing'],
    )
  })
})
