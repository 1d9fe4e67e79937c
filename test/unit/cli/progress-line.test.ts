import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { describeGraph, describeProgress } from '../../../src/cli/describe-progress.ts'
import { createProgressLine } from '../../../src/cli/progress-line.ts'
import type { RunPending } from '../../../src/client/run-pending.ts'
import type { LoadProgress } from '../../../workflows/index.ts'

const loading: LoadProgress = {
  phase: 'loading',
  batchesFetched: 4,
  batchesStaged: 2,
  pages: 12,
  pagesFound: 0,
  sourceBytes: 3 * 1024 ** 2,
  storedBytes: 1,
  rows: 1200,
  rowsStaged: 600,
  rejects: 0,
}
const calm: RunPending = { activities: [] }
const failing = (attempt: number, message = 'nobody listens\nat a place'): RunPending => ({
  activities: [
    { type: 'stageBatch', attempt: 1, state: 'running' },
    {
      type: 'fetchBatch',
      attempt,
      maximumAttempts: 8,
      state: 'waiting',
      lastFailure: { code: 'SOURCE_UNREACHABLE', message, remedy: 'Look.' },
    },
  ],
})
const stuck = (attempt: number): RunPending => ({
  activities: [],
  workflowTask: { attempt, code: 'WORKFLOW_CHANGED', message: 'other code', remedy: 'Mend it.' },
})

function written(isTTY: boolean, sights: readonly RunPending[]): string {
  let text = ''
  const output = {
    isTTY,
    columns: 200,
    write: (more: string | Uint8Array) => {
      text += String(more)
      return true
    },
  }
  const line = createProgressLine('flights', describeProgress, output)
  for (const pending of sights) line.show({ progress: loading, pending })
  line.end()
  return stripVTControlCharacters(text)
}

describe('the progress line', () => {
  it('is not drawn where there is no terminal, but tells each problem once', () => {
    const sights = [calm, failing(2), failing(3), stuck(2), stuck(3), calm, failing(2)]
    assert.deepEqual(written(false, sights).split('\n'), [
      'flights: fetchBatch fails and is tried again: SOURCE_UNREACHABLE: nobody listens',
      'flights: workers cannot go on: WORKFLOW_CHANGED: other code. Mend it.',
      'flights: goes on',
      'flights: fetchBatch fails and is tried again: SOURCE_UNREACHABLE: nobody listens',
      '',
    ])
    assert.equal(written(false, [calm, calm]), '')
    assert.equal(written(false, [failing(2), calm, failing(2)]).split('\n').length, 2)
  })

  it('shows attempts on a terminal, and tells on a line of its own what stops the run', () => {
    const text = written(true, [failing(3), stuck(2), stuck(3)])
    assert.ok(
      text.includes('staged fetchBatch, attempt 3 of 8: SOURCE_UNREACHABLE: nobody listens\r'),
      text,
    )
    assert.equal(text.match(/workers cannot go on: WORKFLOW_CHANGED: .*\n/g)?.length, 1)
  })

  it('says how far a load is, and whom it waits for', () => {
    assert.equal(
      describeProgress(loading),
      'loading    ██████░░░░░░  12 pages  3.0 MiB  600 of 1,200 rows staged',
    )
    assert.match(describeProgress({ ...loading, paused: true }), /^paused {5}/)
    const waitingFor = ['a', 'b', 'c', 'd', 'schedule']
    assert.equal(
      describeProgress({ ...loading, phase: 'waiting', waitingFor }),
      'waiting for a, b, c and 2 more',
    )
  })

  it('says how the loads of a graph stand', () => {
    const loads = { a: 'loaded', b: 'failed', c: 'running', d: 'waiting' } as const
    assert.equal(
      describeGraph({ partition: '2001', loads }),
      '██████░░░░░░  2 of 4 have ended  running c  1 waiting  failed b',
    )
  })
})
