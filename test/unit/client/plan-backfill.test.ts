import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PipelineDefinition, PostgresTargetDefinition } from '../../../activities/index.ts'
import { planBackfill, type BackfillRequest } from '../../../src/client/plan-backfill.ts'
import { plainDefinition } from '../../support/plain-definition.ts'

function plan(
  mode: PostgresTargetDefinition['mode'],
  asked: Partial<BackfillRequest> = {},
  change: Partial<PipelineDefinition> = {},
) {
  const target = { kind: 'postgres', schema: 'public', table: 't', mode } as const
  return planBackfill({
    definition: plainDefinition('flights', { target, ...change }),
    downstream: [],
    from: '2001-01-01',
    to: '2001-01-31',
    requestedAt: new Date('2001-02-01T00:00:00Z'),
    taskQueue: 'q',
    ...asked,
  })
}

const incremental = { incremental: { column: 'id', initial: '0' } }

describe('a backfill', () => {
  it('has a static id, and a few side by side where slices are apart', () => {
    const { workflowId, input } = plan('append')
    assert.equal(workflowId, 'backfill/flights/2001-01-01..2001-01-31')
    const { planned, order, concurrency, mostInFlight, onFailure, again } = input
    assert.deepEqual(
      { planned, order, concurrency, mostInFlight, onFailure, again },
      {
        planned: 31,
        order: 'oldest-first',
        concurrency: 4,
        mostInFlight: 64,
        onFailure: 'continue',
        again: false,
      },
    )
    assert.equal(plan('replace-interval', { order: 'newest-first' }).input.order, 'newest-first')
  })

  it('loads one after the other, oldest first, where a later slice has to come later', () => {
    for (const [mode, change] of [
      ['merge', {}],
      ['replace', {}],
      ['history', {}],
      ['append', incremental],
      ['replace-interval', incremental],
    ] as const) {
      const { concurrency, mostInFlight, onFailure } = plan(mode, {}, change).input
      const expected = [1, 1, mode === 'history' ? 'stop' : 'continue']
      assert.deepEqual([concurrency, mostInFlight, onFailure], expected, mode)
      for (const asked of [{ order: 'newest-first' }, { concurrency: 2 }] as const) {
        assert.throws(() => plan(mode, asked, change), { code: 'BACKFILL_INVALID' }, mode)
      }
      assert.equal(plan(mode, { concurrency: 1 }, change).input.concurrency, 1)
    }
  })

  it('loads one after the other also where that counts for what comes after', () => {
    const target = { kind: 'postgres', schema: 'public', table: 't', mode: 'merge' } as const
    const downstream = [plainDefinition('later', { target })]
    const { concurrency, mostInFlight, onFailure } = plan('append', { downstream }).input
    assert.deepEqual([concurrency, mostInFlight, onFailure], [1, 1, 'continue'])
    for (const asked of [{ order: 'newest-first' }, { concurrency: 2 }] as const) {
      assert.throws(() => plan('append', { ...asked, downstream }), {
        code: 'BACKFILL_INVALID',
        message: /^later \(merge\), which comes after it, loads one slice after the other/,
      })
    }
    const apart = [plainDefinition('later', { target: { ...target, mode: 'append' } })]
    assert.equal(plan('append', { downstream: apart }).input.concurrency, 4)
  })

  it('is refused what each of its loads would be refused', () => {
    assert.throws(() => plan('history', { onFailure: 'continue' }), { code: 'BACKFILL_INVALID' })
    for (const mode of ['append', 'history'] as const) {
      assert.throws(() => plan(mode, { again: true }), { code: 'BACKFILL_INVALID' }, mode)
    }
    for (const mode of ['merge', 'replace', 'replace-interval'] as const) {
      assert.equal(plan(mode, { again: true }).input.again, true)
    }
  })
})
