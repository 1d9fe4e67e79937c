import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadPlan } from '../../../activities/index.ts'
import { describePlan, plannedRows } from '../../../src/cli/print-plan.ts'

const counts = {
  rowsStaged: 11,
  rowsInserted: 1,
  rowsUpdated: 2,
  rowsUnchanged: 5,
  rowsDuplicate: 3,
  rowsDeleted: 4,
}

function plan(change: Partial<LoadPlan>): LoadPlan {
  return {
    target: 'public.t',
    mode: 'merge',
    rowsBefore: 11,
    counts,
    canChange: true,
    canRemove: true,
    alterations: [],
    ...change,
  }
}

test('a plan counts rows by kind, and says nothing of what its mode cannot do', () => {
  const all = { added: 1, changed: 2, removed: 4, same: 5, duplicate: 3 }
  assert.deepEqual(plannedRows(plan({})), all)
  assert.deepEqual(plannedRows(plan({ canRemove: false })), { ...all, removed: null })
  const append = plan({ mode: 'append', canChange: false, canRemove: false })
  assert.deepEqual(plannedRows(append), { ...all, changed: null, removed: null, same: null })
})

test('a plan says what foreign keys may do that it has not looked at', () => {
  const followers = ['constraint a on table b would delete rows']
  assert.equal(
    describePlan(plan({ followers }), {}),
    `public.t has 11 rows; nothing was loaded (mode merge)
Not looked at: constraint a on table b would delete rows; where that reaches rows of the dataset, the load is refused`,
  )
  assert.equal(describePlan(plan({}), {}), 'public.t has 11 rows; nothing was loaded (mode merge)')
})
