import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ScalarType } from '../../../activities/pipeline-definition.ts'
import { compareColumns } from '../../../src/targets/postgres/compare-columns.ts'
import type { TableColumn } from '../../../src/targets/postgres/inspect-table.ts'
import { column } from '../../targets/support/column.ts'

const declared = [
  column('id', 'bigint', 'key'),
  column('day', 'date', 'key'),
  column('price', { kind: 'numeric', precision: 10, scale: 2 }),
]

function existing(name: string, type: string, more: Partial<TableColumn> = {}): TableColumn {
  return {
    name,
    type,
    notNull: false,
    hasDefault: false,
    generated: false,
    collation: null,
    ...more,
  }
}

const fitting = [
  existing('id', 'bigint'),
  existing('day', 'date'),
  existing('price', 'numeric(10,2)'),
]

describe('declared columns beside those of a table', () => {
  it('fit when names, types and key agree, in any order', () => {
    const table = { columns: fitting.toReversed(), uniqueKeys: [['id'], ['day', 'id']] }
    assert.deepEqual(compareColumns(declared, table), [])
  })

  it('fit beside others that may be left out', () => {
    const others = [
      existing('note', 'text'),
      existing('made', 'date', { notNull: true, hasDefault: true }),
    ]
    const table = { columns: [...fitting, ...others], uniqueKeys: [['id', 'day']] }
    assert.deepEqual(compareColumns(declared, table), [])
  })

  it('fit arrays by the type of their elements', () => {
    const arrayOf = (element: ScalarType) => ({ kind: 'array', element }) as const
    const arrays = [
      column('id', 'bigint', 'key'),
      column('prices', arrayOf({ kind: 'numeric', precision: 10, scale: 2 })),
      column('times', arrayOf({ kind: 'timestamp' })),
    ]
    const compare = (prices: string, times: string) => {
      const columns = [
        existing('id', 'bigint'),
        existing('prices', prices),
        existing('times', times),
      ]
      return compareColumns(arrays, { columns, uniqueKeys: [['id']] })
    }
    assert.deepEqual(compare('numeric(10,2)[]', 'timestamp without time zone[]'), [])
    assert.deepEqual(compare('numeric(10,2)', 'timestamp with time zone[]'), [
      'column "prices" is numeric(10,2), declared numeric(10,2)[]',
      'column "times" is timestamp with time zone[], declared timestamp without time zone[]',
    ])
  })

  it('do not fit a key of fewer or more columns', () => {
    for (const key of [['id'], ['id', 'day', 'price'], ['id', 'price']]) {
      assert.deepEqual(compareColumns(declared, { columns: fitting, uniqueKeys: [key] }), [
        'the table has no unique index on the key (id, day)',
      ])
    }
  })
})
