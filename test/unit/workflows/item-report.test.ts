import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import fc from 'fast-check'
import { endOfFailure, outcomeOf } from '../../../workflows/item-outcome.ts'
import { readItemReport, type ItemReport } from '../../../workflows/item-report.ts'
import { noProgress } from '../../../workflows/load-progress.ts'

const report: ItemReport = {
  datasetId: 'd',
  item: 3,
  runId: 'r',
  end: { kind: 'completed', result: { ...noProgress, phase: 'done', rows: 7 } },
}

describe('what an item reports', () => {
  it('is read as it was sent', () => {
    for (const end of [
      report.end,
      { kind: 'cancelled' },
      { kind: 'failed', code: 'A_CODE', message: 'm', remedy: 'r' },
    ]) {
      assert.deepEqual(readItemReport({ ...report, end }), { ...report, end })
    }
  })

  it('is ignored where anything of it is missing or of another type', () => {
    const failed = { kind: 'failed', code: 'A_CODE', message: 'm', remedy: 'r' }
    for (const key of Object.keys(report)) {
      for (const wrong of [undefined, null, {}, [], true]) {
        assert.equal(readItemReport({ ...report, [key]: wrong }), undefined, key)
      }
    }
    for (const key of ['kind', 'code', 'message', 'remedy']) {
      assert.equal(readItemReport({ ...report, end: { ...failed, [key]: 1 } }), undefined, key)
    }
    // That it is lost is found by whoever looks: nobody can tell that of itself.
    const lost = { ...report, end: { kind: 'lost', how: 'gone' } }
    assert.equal(readItemReport(lost), undefined)
    fc.assert(fc.property(fc.anything(), (told) => readItemReport(told) === undefined))
  })

  it('counts only with all counts in it', () => {
    const loaded = { ...noProgress, phase: 'done' as const, rows: 7 }
    assert.deepEqual(outcomeOf(3, { kind: 'completed', result: loaded }), { loaded })
    for (const result of [null, 'x', {}, { ...loaded, rows: '7' }, { ...loaded, rejects: NaN }]) {
      assert.equal(codeOf(outcomeOf(3, { kind: 'completed', result })), 'ITEM_LOST')
    }
    const evolving = { ...loaded, undeclaredFields: 2 }
    assert.deepEqual(outcomeOf(3, { kind: 'completed', result: evolving }), { loaded: evolving })
  })

  it('has the failure with the code it was given where it happened', () => {
    const details = [{ remedy: 'Send it again.' }]
    const failure = ApplicationFailure.create({ type: 'A_CODE', message: 'm', details })
    const end = endOfFailure(failure)
    const told = { code: 'A_CODE', message: 'm', remedy: 'Send it again.' }
    assert.deepEqual(end, { kind: 'failed', ...told })
    const outcome = outcomeOf(3, end)
    assert.equal(codeOf(outcome), 'A_CODE')
    assert.deepEqual('failure' in outcome && endOfFailure(outcome.failure), end)
    assert.deepEqual(endOfFailure(new CancelledFailure('c')), { kind: 'cancelled' })
    assert.equal(endOfFailure(new Error('secret')).kind, 'failed')
    assert.ok(!JSON.stringify(endOfFailure(new Error('secret'))).includes('secret'))
  })
})

function codeOf(outcome: ReturnType<typeof outcomeOf>): string | null | undefined {
  assert.ok('failure' in outcome && outcome.failure instanceof ApplicationFailure)
  return outcome.failure.type
}
