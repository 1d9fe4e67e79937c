import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commentStatements } from '../../../src/targets/postgres/column-comments.ts'
import { column } from '../../targets/support/column.ts'

const target = { kind: 'postgres', schema: 'public', table: 'T', mode: 'append' } as const
const columns = [
  { ...column('id', 'bigint'), description: "who's \\ first" },
  column('note', 'text'),
]

describe('comments of a table', () => {
  it('are the descriptions of the contract', () => {
    assert.deepEqual(commentStatements({ target, columns, description: 'flights' }), [
      `COMMENT ON TABLE "public"."T" IS 'flights'`,
      `COMMENT ON COLUMN "public"."T"."id" IS  E'who''s \\\\ first'`,
    ])
  })

  it('are written where they differ, and never removed', () => {
    const current = {
      comment: 'old',
      columns: [
        { name: 'id', comment: "who's \\ first" },
        { name: 'note', comment: 'kept' },
      ],
    }
    assert.deepEqual(commentStatements({ target, columns }, current), [])
    assert.deepEqual(commentStatements({ target, columns, description: 'new' }, current), [
      `COMMENT ON TABLE "public"."T" IS 'new'`,
    ])
  })
})
