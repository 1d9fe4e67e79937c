import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSameColumns } from '../../../activities/reprocess/assert-same-columns.ts'
import type {
  ColumnDefinition,
  ColumnType,
  ScalarType,
} from '../../../activities/pipeline-definition.ts'

function columns(types: Readonly<Record<string, ColumnType>>): ColumnDefinition[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, from: name, key: false }))
}

const numeric = (precision: number, scale: number): ScalarType => ({
  kind: 'numeric',
  precision,
  scale,
})

test('parts are loaded again where they have the columns of today, in any order and with any key', () => {
  const made = columns({ id: { kind: 'bigint' }, price: numeric(10, 2) })
  const now = made.toReversed().map((column) => ({ ...column, key: true, from: 'elsewhere' }))
  assert.doesNotThrow(() => assertSameColumns(made, now, {}))
})

test('every other column is named, with both types as pipeline files write them', () => {
  const made = columns({
    price: numeric(10, 2),
    tags: { kind: 'array', element: { kind: 'text' } },
    Id: { kind: 'bigint' },
    gone: { kind: 'date' },
  })
  const now = columns({
    price: numeric(12, 2),
    tags: { kind: 'array', element: numeric(4, 0) },
    id: { kind: 'bigint' },
  })
  assert.throws(() => assertSameColumns(made, now, { dataset: 'd' }), {
    code: 'PARTS_OUTGROWN',
    retryable: false,
    message:
      'the parts have other columns than the pipeline declares now: ' +
      '"price" is numeric(10,2) in the parts and numeric(12,2) now; ' +
      '"tags" is text[] in the parts and numeric(4,0)[] now; "id" (bigint) is not in the parts; ' +
      '"Id" (bigint) is in the parts only; "gone" (date) is in the parts only [dataset=d]',
  })
})
