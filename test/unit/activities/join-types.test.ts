import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isSameType, joinTypes, numericType } from '../../../activities/evolution/join-types.ts'
import type { ColumnType } from '../../../activities/index.ts'
import { columnTypeSql } from '../../../src/targets/postgres/column-type-sql.ts'
import { takesAll, widensTo } from '../../../src/targets/postgres/type-lattice.ts'

const types: readonly ColumnType[] = [
  { kind: 'bigint' },
  { kind: 'boolean' },
  { kind: 'date' },
  { kind: 'timestamp' },
  { kind: 'timestamptz' },
  { kind: 'jsonb' },
  { kind: 'text' },
  ...[19, 20, 30, 38].flatMap((whole) => [0, 1, 5, 19].map((scale) => numericType(whole, scale))),
]

/** As PostgreSQL itself writes a column's type. */
function written(type: ColumnType): string {
  const longer: Readonly<Record<string, string>> = {
    timestamp: 'timestamp without time zone',
    timestamptz: 'timestamp with time zone',
  }
  return (longer[type.kind] ?? columnTypeSql(type)).replaceAll(' (', '(').replaceAll(', ', ',')
}

describe('a type for the values of two', () => {
  test('is one that a table of either type can be widened to', () => {
    for (const one of types) {
      for (const other of types) {
        const joined = joinTypes(one, other)
        for (const type of [one, other]) {
          const reaches =
            takesAll(written(joined), written(type)) || widensTo(written(type), written(joined))
          assert.ok(reaches, `${written(type)} to ${written(joined)}`)
        }
      }
    }
  })

  test('does not depend on which came first, nor change once it takes both', () => {
    const type = fc.constantFrom(...types)
    fc.assert(
      fc.property(type, type, type, (one, other, third) => {
        const joined = joinTypes(one, other)
        assert.deepEqual(joinTypes(other, one), joined)
        assert.ok(isSameType(joinTypes(joined, one), joined))
        assert.deepEqual(joinTypes(joined, third), joinTypes(one, joinTypes(other, third)))
      }),
    )
  })

  test('has room for all digits of both, or is text', () => {
    const bigint = { kind: 'bigint' } as const
    const decimals = (precision: number, scale: number) =>
      ({ kind: 'numeric', precision, scale }) as const
    assert.deepEqual(joinTypes(bigint, decimals(21, 2)), decimals(21, 2))
    assert.deepEqual(joinTypes(decimals(21, 2), decimals(24, 1)), decimals(25, 2))
    assert.deepEqual(joinTypes(decimals(30, 0), decimals(38, 19)), { kind: 'text' })
  })
})
